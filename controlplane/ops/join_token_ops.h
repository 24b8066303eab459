// Join tokens: what a new node shows at its first connection. Thread-safe.
//
// They make no revision: nodes do not know them. Made and revoked ones count at once.
#pragma once

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "controlplane/access/access_gate.h"
#include "controlplane/ops/caller.h"
#include "controlplane/store/store.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::ops {

class JoinTokenOps {
 public:
  // Used-up and expired ones stay until they are revoked.
  static constexpr size_t kMaxTokens = 10'000;

  // All must outlive the object.
  JoinTokenOps(store::Store& store, access::AccessGate& gate, const base::Clock& clock)
      : store_(store), gate_(gate), clock_(clock) {}

  absl::StatusOr<admin::v1::ListJoinTokensResponse> List();
  absl::StatusOr<admin::v1::CreateJoinTokenResponse> Create(
      const Caller& caller, const admin::v1::CreateJoinTokenRequest& request);
  absl::StatusOr<admin::v1::RevokeJoinTokenResponse> Revoke(
      const Caller& caller, const admin::v1::RevokeJoinTokenRequest& request);

 private:
  store::Store& store_;
  access::AccessGate& gate_;
  const base::Clock& clock_;
};

}  // namespace sluice::ops
