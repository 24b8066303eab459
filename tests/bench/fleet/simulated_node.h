// A data plane as the control plane sees it: the fleet protocol over a connection of its own,
// without the configuration. It takes every revision whose pieces are whole, and remembers no more
// of it than what a Hello says.
//
// Thread-safe: the RPC library's threads and the timetable's. Lives in a shared_ptr; what is under
// way keeps it alive.
#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "sluice/fleet/v1/fleet.grpc.pb.h"
#include "tests/bench/fleet/timetable.h"

namespace sluice::bench {

class NodeConnection;

// What a node serves.
struct ServedRevision {
  std::string epoch;
  int64_t revision = 0;
  std::string hash;
  std::string lineage;
};

class SimulatedNode : public std::enable_shared_from_this<SimulatedNode> {
 public:
  struct Options {
    std::string id;
    std::map<std::string, std::string> labels;
    std::string join_token;
    // A new connection to the control plane.
    std::function<std::shared_ptr<grpc::Channel>()> open_channel;
    ServedRevision resumed;  // as if from its last-known-good file
    SteadyClock::duration heartbeat = std::chrono::seconds(10);
    SteadyClock::duration first_backoff = std::chrono::milliseconds(250);
    SteadyClock::duration last_backoff = std::chrono::seconds(30);
    // A connection that lasted so long begins the backoff anew.
    SteadyClock::duration lasting = std::chrono::seconds(5);
    // Called when the node serves a revision, right before it says so.
    std::function<void(int64_t revision, SteadyClock::time_point at)> on_served =
        [](int64_t, SteadyClock::time_point) {};
    // For what a newer release would say, before a message is sent.
    std::function<void(fleet::v1::NodeMessage*)> adorn = [](fleet::v1::NodeMessage*) {};
  };
  struct State {
    ServedRevision served;
    bool current = false;  // the control plane has confirmed `served` on this connection
    SteadyClock::time_point current_since{};
    bool draining = false;
    int64_t connects = 0;
    int64_t snapshots = 0;
    int64_t deltas = 0;
    int64_t delta_bytes = 0;  // of the messages
    int64_t resyncs = 0;
    int64_t refusals = 0;
    int64_t retry_hints = 0;
    std::string last_error;  // why the last connection ended
  };

  SimulatedNode(Options options, Timetable& timetable);

  void Start();
  // Ends the connection, for good. OnDone of it may still follow.
  void Stop();
  State state() const;
  // A connection, or an attempt at one, is there.
  bool connected() const;

 private:
  friend class NodeConnection;

  void Connect();
  void Beat(const std::shared_ptr<NodeConnection>& connection);
  fleet::v1::NodeMessage Hello() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // For the connection.
  void OnMessage(NodeConnection& connection, const fleet::v1::ControlMessage& message);
  void OnEnded(const grpc::Status& status);

  fleet::v1::NodeMessage TakePiece(const fleet::v1::Snapshot& piece, bool* answer)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  fleet::v1::NodeMessage TakeDelta(const fleet::v1::Delta& delta, size_t bytes)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  fleet::v1::NodeMessage Refuse(int64_t revision, const std::string& reason)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  fleet::v1::NodeMessage Serve(ServedRevision served) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  template <typename Message>
  bool HasAll(const Message& message) const;

  const Options options_;
  Timetable& timetable_;
  mutable absl::Mutex mutex_;
  State state_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<NodeConnection> connection_ ABSL_GUARDED_BY(mutex_);
  SteadyClock::time_point connected_at_ ABSL_GUARDED_BY(mutex_){};
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::mt19937_64 random_ ABSL_GUARDED_BY(mutex_){std::random_device()()};
  SteadyClock::duration ceiling_ ABSL_GUARDED_BY(mutex_);
  SteadyClock::duration hint_ ABSL_GUARDED_BY(mutex_){};
  std::string accepted_epoch_ ABSL_GUARDED_BY(mutex_);
  // Of the snapshot that is arriving.
  int64_t arriving_revision_ ABSL_GUARDED_BY(mutex_) = -1;
  int32_t next_piece_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::bench
