// A data plane's one connection to its control plane: says what it has, takes configurations,
// answers each, and comes back after every loss. Traffic never waits for it.
//
// A thread of its own, from Start() to Stop(). Everything it is given must outlive it.
// LastKnownGood and the building of snapshots belong to that thread in between.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "common/base/clock.h"
#include "dataplane/config/last_known_good.h"
#include "dataplane/config/live_state.h"
#include "dataplane/config/snapshot_slot.h"
#include "dataplane/link/backoff.h"
#include "dataplane/link/budget_courier.h"
#include "dataplane/link/config_intake.h"
#include "dataplane/link/enrolment.h"
#include "dataplane/link/fleet_stream.h"
#include "dataplane/link/key_health_courier.h"
#include "dataplane/link/link_status.h"
#include "dataplane/link/outage_log.h"
#include "dataplane/link/tail_courier.h"
#include "dataplane/link/usage_courier.h"
#include "dataplane/observe/configuration_state.h"
#include "sluice/fleet/v1/fleet.pb.h"

namespace sluice::link {

class ControlLink {
 public:
  struct Options {
    std::string control_plane;  // host:port
    bool insecure = false;      // plaintext to an address that is not loopback
    std::string join_token_file;
    std::string authority_file = {};  // of what vouches for the control plane; empty: plaintext
    std::string state_dir = {};       // for the node's certificate
    std::string node_id;
    std::map<std::string, std::string> labels;
    std::string build;  // the version

    size_t max_snapshot_bytes = size_t{256} << 20;
    Backoff::Range backoff;
    std::chrono::milliseconds heartbeat{10'000};
    // Longest time from the begin of an attempt to the first answer.
    std::chrono::milliseconds answer{30'000};
    // A connection that was of use for so long, or brought a configuration, begins the backoff
    // anew.
    std::chrono::milliseconds lasting{5'000};
    uint64_t seed = std::random_device()();  // of the jitter
    // The operator takes the node out of its load balancers' rotation, or back in; a new connection
    // puts it back in. The link's thread. May be told the same thing twice.
    std::function<void(bool on)> on_drain = [](bool) {};
    observe::UsageSpool* usage = nullptr;  // must outlive the link; null: none is told
    guard::BudgetBook* budgets = nullptr;  // likewise
    // Budgets have news for who waits for them. The link's thread.
    std::function<void()> on_budgets = [] {};
    observe::TailFeed* tail = nullptr;  // likewise; null: nothing can be watched
  };

  // `heartbeat` is called on the link's thread; `serving` is filled in here. `held` is what stands
  // in `slot` already, and what the node says it has.
  ControlLink(Options options, std::optional<config::HeldConfiguration> held,
              config::SnapshotSlot& slot, config::LiveState& live_state,
              config::LastKnownGood& last_known_good,
              std::function<fleet::v1::Heartbeat()> heartbeat, const base::Clock& clock);
  ~ControlLink();  // stops
  ControlLink(const ControlLink&) = delete;
  ControlLink& operator=(const ControlLink&) = delete;

  void Start();
  // Returns when the thread has ended: within a second in every phase, unless the disk takes
  // longer. May be called twice.
  void Stop();

  // Any thread.
  observe::ConfigurationState State() const { return status_.State(); }
  // Any thread: the spool may have something to send. Returns at once.
  void OnUsage() {
    usage_rung_.store(true, std::memory_order_relaxed);
    WakeStream();
  }
  // Likewise: there are requests for whoever watches.
  void OnTail() { WakeStream(); }

 private:
  // One attempt and, if it succeeds, one connection.
  struct Connection {
    bool follows = false;  // one that ended only because the node has a new certificate
    bool renewed = false;  // the node has a new certificate: to be followed by another at once
    bool answered = false;
    std::chrono::steady_clock::time_point answered_at{};
    std::chrono::steady_clock::time_point next_heartbeat{};
    // The control plane asks to be left alone for so long.
    std::chrono::milliseconds retry_after{0};
  };

  void Run();
  absl::Status Connect(Connection& connection);
  absl::Status Converse(const std::shared_ptr<grpc::Channel>& channel, FleetStream& stream,
                        Connection& connection);
  void OnMessage(const fleet::v1::ControlMessage& message, SnapshotAssembly& assembly,
                 FleetStream& stream, Connection& connection);
  void OnUpToDate(int64_t revision);
  void OnFirstAnswer(Connection& connection);
  void OnDrain(bool on, Connection& connection);
  // Any thread: there is news of provider keys, of usage or for whoever watches.
  void WakeStream();
  void SendNews(FleetStream& stream);
  void SendUsage(FleetStream& stream, std::optional<fleet::v1::NodeMessage> batch);
  void OnUsageAck(const fleet::v1::UsageAck& ack, FleetStream& stream);
  void OnBudgetGrant(const fleet::v1::BudgetGrant& grant, FleetStream& stream);
  // Behind everything else, a heartbeat that is due included.
  void SendTail(FleetStream& stream);
  void Beat(FleetStream& stream, Connection& connection);
  void OnLost(const absl::Status& why, const Connection& connection);
  fleet::v1::NodeMessage Hello() const;

  // False when the link is to stop.
  bool Expose(FleetStream* stream);
  bool Wait(std::chrono::milliseconds time);
  bool stopping() const;

  const Options options_;
  const std::function<fleet::v1::Heartbeat()> heartbeat_;
  LinkStatus status_;
  ConfigIntake intake_;
  config::LiveState& live_state_;
  KeyHealthCourier key_health_;
  std::optional<UsageCourier> usage_;
  std::optional<BudgetCourier> budgets_;
  // The spool was rung for: who watches wakes the stream far more often, and must not make the
  // batches of usage small.
  std::atomic<bool> usage_rung_{false};
  std::optional<TailCourier> tail_;
  Enrolment enrolment_;
  Backoff backoff_;
  OutageLog outage_log_;
  std::thread thread_;

  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  FleetStream* stream_ ABSL_GUARDED_BY(mutex_) = nullptr;  // to cancel, and to wake
};

}  // namespace sluice::link
