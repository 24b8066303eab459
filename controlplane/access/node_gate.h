// Says no to nodes: to certificates that this control plane did not issue or that have ended, and
// to nodes that were expelled. Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "controlplane/access/principal.h"
#include "controlplane/store/enrolment_rows.h"

namespace sluice::access {

// The one name in a node's certificate.
std::string NodeUri(std::string_view node);

class NodeGate {
 public:
  // `authority`: PEM of what signs nodes' certificates. `clock` must outlive the object.
  NodeGate(std::string authority, const std::vector<store::NodeRow>& nodes,
           const base::Clock& clock);

  // Unauthenticated, or PermissionDenied for an expelled node.
  absl::StatusOr<Principal> Check(std::string_view certificate) const;
  // PermissionDenied if the node was expelled at or after `issued_at`, when what it shows was made.
  absl::Status CheckNotExpelled(std::string_view node, absl::Time issued_at) const;

  // Whether there is an authority: else nodes have no certificates.
  bool knows_certificates() const { return !authority_.empty(); }
  // From now on. Of two that arrive in the wrong order the later expulsion and certificate stand.
  void Put(const store::NodeRow& node);
  std::optional<store::NodeRow> Find(std::string_view node) const;

 private:
  const std::string authority_;
  const base::Clock& clock_;
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, store::NodeRow> nodes_ ABSL_GUARDED_BY(mutex_);
};

// PermissionDenied as CheckNotExpelled; also for what stands in the store.
absl::Status CheckNotExpelled(const store::NodeRow& node, absl::Time issued_at);

}  // namespace sluice::access
