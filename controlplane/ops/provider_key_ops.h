// Use cases of provider keys. Secrets go in, are sealed, and never come out. Thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "common/base/secret.h"
#include "controlplane/ops/caller.h"
#include "controlplane/ops/provider_secret.h"
#include "controlplane/ops/write_path.h"
#include "controlplane/sealing/sealer.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::ops {

// InvalidArgument for a reference to none, NotFound names what there is not.
absl::StatusOr<store::ResourceRow> FindProviderKey(const store::ResourceRows& rows,
                                                   const admin::v1::ProviderKeyRef& ref);

class ProviderKeyOps {
 public:
  // Without `read_reference` no key can be made of a reference.
  ProviderKeyOps(WritePath& path, const sealing::Sealer& sealer,
                 ReferenceReader read_reference = nullptr)
      : path_(path), sealer_(sealer), read_reference_(std::move(read_reference)) {}

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
  // What `key.reference` leads to. PermissionDenied unless `caller` is an owner: a reference makes
  // the control plane read its own machine.
  absl::StatusOr<base::Secret> Read(const Caller& caller, const config::v1::ProviderKey& key) const;
  // The text that `request` gives the key; empty: none.
  absl::StatusOr<base::Secret> SecretFor(const Caller& caller,
                                         const admin::v1::UpdateProviderKeyRequest& request);

  WritePath& path_;
  const sealing::Sealer& sealer_;
  const ReferenceReader read_reference_;
};

}  // namespace sluice::ops
