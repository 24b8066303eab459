// Which nodes there are, and what each has: connected ones, and a bounded number of those that
// were.
//
// Thread-safe. A node belongs to one connection at a time, told apart by its serial: what an older
// connection still reports is ignored.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "controlplane/publish/revision_wait.h"
#include "sluice/admin/v1/admin.pb.h"
#include "sluice/fleet/v1/fleet.pb.h"

namespace sluice::publish {

class NodeRegistry {
 public:
  struct Limits {
    size_t connected = 20000;
    size_t disconnected = 1000;  // beyond that the one not seen for longest is forgotten
  };
  struct Totals {
    int connected = 0;
    int current = 0;   // of those, that serve `newest`
    int refusing = 0;  // of those, whose last answer was a refusal
  };

  NodeRegistry() : NodeRegistry(Limits()) {}
  explicit NodeRegistry(Limits limits) : limits_(limits) {}

  // `acked`: the revision that the node serves as it connects. ResourceExhausted beyond the limit.
  absl::Status Enter(const fleet::v1::Hello& hello, const std::string& peer, uint64_t serial,
                     int64_t acked, absl::Time now);
  void Ack(const std::string& id, uint64_t serial, int64_t revision, absl::Time now);
  void Refuse(const std::string& id, uint64_t serial, int64_t revision,
              const std::vector<std::string>& reasons, absl::Time now);
  void Beat(const std::string& id, uint64_t serial, const fleet::v1::Heartbeat& beat,
            absl::Time now);
  void Leave(const std::string& id, uint64_t serial, absl::Time now);

  std::vector<admin::v1::Node> List() const;  // by id
  std::optional<admin::v1::Node> Get(const std::string& id) const;
  Totals Count(int64_t newest) const;

  // Waits for the nodes that are connected now. Announce it, and Forget it at its end.
  std::shared_ptr<RevisionWait> Wait(int64_t revision, WaitListener& listener);
  void Forget(const std::shared_ptr<RevisionWait>& wait);

 private:
  struct Record {
    admin::v1::Node node;
    uint64_t serial = 0;
    absl::Time last_seen;
    // Of this connection's last heartbeat; InfinitePast before the first.
    absl::Time last_beat = absl::InfinitePast();
  };
  using Waits = absl::flat_hash_set<std::shared_ptr<RevisionWait>>;

  Record* Find(const std::string& id, uint64_t serial, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetOldest() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Limits limits_;
  mutable absl::Mutex mutex_;
  std::map<std::string, Record> records_ ABSL_GUARDED_BY(mutex_);
  size_t connected_ ABSL_GUARDED_BY(mutex_) = 0;
  Waits waits_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::publish
