// Admin tokens: what administrators and their programs show. Thread-safe.
//
// They make no revision: nodes do not know them. Made and revoked ones count from the next call on.
#pragma once

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "controlplane/access/access_gate.h"
#include "controlplane/ops/caller.h"
#include "controlplane/store/store.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::ops {

class AdminTokenOps {
 public:
  // Expired ones stay until they are revoked.
  static constexpr size_t kMaxTokens = 1000;

  // All must outlive the object.
  AdminTokenOps(store::Store& store, access::AccessGate& gate, const base::Clock& clock)
      : store_(store), gate_(gate), clock_(clock) {}

  absl::StatusOr<admin::v1::ListAdminTokensResponse> List();
  absl::StatusOr<admin::v1::CreateAdminTokenResponse> Create(
      const Caller& caller, const admin::v1::CreateAdminTokenRequest& request);
  // FailedPrecondition for the last owner that does not expire.
  absl::StatusOr<admin::v1::RevokeAdminTokenResponse> Revoke(
      const Caller& caller, const admin::v1::RevokeAdminTokenRequest& request);

 private:
  store::Store& store_;
  access::AccessGate& gate_;
  const base::Clock& clock_;
};

}  // namespace sluice::ops
