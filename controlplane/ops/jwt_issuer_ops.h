// Use cases of token issuers. The secret of symmetric signatures goes in, is sealed, and never
// comes out; it goes when the issuer no longer takes HS256. Thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "controlplane/ops/caller.h"
#include "controlplane/ops/write_path.h"
#include "controlplane/sealing/sealer.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::ops {

class JwtIssuerOps {
 public:
  JwtIssuerOps(WritePath& path, const sealing::Sealer& sealer) : path_(path), sealer_(sealer) {}

  absl::StatusOr<admin::v1::ListJwtIssuersResponse> List();
  absl::StatusOr<config::v1::JwtIssuer> Get(const admin::v1::GetJwtIssuerRequest& request);
  absl::StatusOr<admin::v1::CreateJwtIssuerResponse> Create(
      const Caller& caller, const admin::v1::CreateJwtIssuerRequest& request);
  absl::StatusOr<admin::v1::UpdateJwtIssuerResponse> Update(
      const Caller& caller, const admin::v1::UpdateJwtIssuerRequest& request);
  absl::StatusOr<admin::v1::DeleteJwtIssuerResponse> Delete(
      const Caller& caller, const admin::v1::DeleteJwtIssuerRequest& request);

 private:
  WritePath& path_;
  const sealing::Sealer& sealer_;
};

}  // namespace sluice::ops
