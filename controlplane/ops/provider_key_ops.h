// Use cases of provider keys. Secrets go in, are sealed, and never come out. Thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "common/base/secret.h"
#include "controlplane/ops/caller.h"
#include "controlplane/ops/write_path.h"
#include "controlplane/sealing/sealer.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::ops {

class ProviderKeyOps {
 public:
  ProviderKeyOps(WritePath& path, const sealing::Sealer& sealer) : path_(path), sealer_(sealer) {}

  absl::StatusOr<admin::v1::ListProviderKeysResponse> List(
      const admin::v1::ListProviderKeysRequest& request);
  absl::StatusOr<config::v1::ProviderKey> Get(const admin::v1::GetProviderKeyRequest& request);
  absl::StatusOr<admin::v1::CreateProviderKeyResponse> Create(
      const Caller& caller, const admin::v1::CreateProviderKeyRequest& request);
  absl::StatusOr<admin::v1::UpdateProviderKeyResponse> Update(
      const Caller& caller, const admin::v1::UpdateProviderKeyRequest& request);
  absl::StatusOr<admin::v1::DeleteProviderKeyResponse> Delete(
      const Caller& caller, const admin::v1::DeleteProviderKeyRequest& request);

 private:
  // The material to store for `request`: sealed anew only if the secret is another one.
  absl::StatusOr<std::string> MaterialFor(const admin::v1::UpdateProviderKeyRequest& request,
                                          const store::ResourceRow& row);

  WritePath& path_;
  const sealing::Sealer& sealer_;
};

}  // namespace sluice::ops
