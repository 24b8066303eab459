// All connections of nodes: rings them when there is a new revision, keeps one for each node.
//
// Thread-safe. Outlives its sessions.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "common/base/clock.h"
#include "controlplane/publish/fleet_activity.h"
#include "controlplane/publish/fleet_counters.h"
#include "controlplane/publish/fleet_key_health.h"
#include "controlplane/publish/key_uses.h"
#include "controlplane/publish/node_registry.h"
#include "controlplane/publish/publisher.h"
#include "controlplane/publish/session.h"
#include "controlplane/publish/snapshot_gate.h"
#include "controlplane/publish/tail_hub.h"
#include "controlplane/publish/usage_inbox.h"

namespace sluice::publish {

class WatchHub {
 public:
  WatchHub(Publisher& publisher, NodeRegistry& registry, const base::Clock& clock)
      : publisher_(publisher), registry_(registry), clock_(clock) {}

  // A stream has begun; `outlet` must live until Leave returns. Null after CloseAll.
  std::shared_ptr<Session> Open(NodeOutlet& outlet, std::string peer);
  // The stream has ended.
  void Leave(const std::shared_ptr<Session>& session);

  // For sessions: the node has said who it is. An older connection of that node is closed.
  absl::Status Enter(const std::shared_ptr<Session>& session, const fleet::v1::Hello& hello,
                     int64_t acked);

  // NotFound if the node is not connected, FailedPrecondition if it refuses nothing.
  absl::Status Accept(const std::string& node);
  // NotFound if the node is not connected, FailedPrecondition if its release cannot do it.
  absl::Status Drain(const std::string& node, bool on);

  // Somebody watches requests live: as TailHub::Add and Remove, and the nodes are told.
  absl::StatusOr<std::shared_ptr<TailWatch>> StartTail(TailTerms terms, TailOutlet& outlet);
  void EndTail(const std::shared_ptr<TailWatch>& watch);

  void RingAll();
  // To be called about once a second.
  void Sweep();
  // Closes all, and from now on Open returns null.
  void CloseAll(const absl::Status& status);

  Publisher& publisher() const { return publisher_; }
  SnapshotGate& snapshot_gate() { return snapshot_gate_; }
  NodeRegistry& registry() { return registry_; }
  const base::Clock& clock() const { return clock_; }
  FleetCounters& counters() { return counters_; }
  FleetKeyHealth& key_health() { return key_health_; }
  const FleetKeyHealth& key_health() const { return key_health_; }
  KeyUses& key_uses() { return key_uses_; }
  UsageInbox& usage_inbox() { return usage_inbox_; }
  TailHub& tails() { return tails_; }
  FleetActivity& activity() { return activity_; }

 private:
  std::vector<std::shared_ptr<Session>> Sessions();
  // Null if the node is not connected.
  std::shared_ptr<Session> SessionOf(const std::string& node);

  Publisher& publisher_;
  NodeRegistry& registry_;
  const base::Clock& clock_;
  FleetCounters counters_;
  SnapshotGate snapshot_gate_;
  FleetKeyHealth key_health_;
  KeyUses key_uses_;
  UsageInbox usage_inbox_;
  TailHub tails_;
  FleetActivity activity_;

  // Never held while a session is called.
  absl::Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t next_serial_ ABSL_GUARDED_BY(mutex_) = 1;
  absl::flat_hash_set<std::shared_ptr<Session>> sessions_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, std::shared_ptr<Session>> by_node_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::publish
