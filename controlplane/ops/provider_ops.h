// Use cases of providers. Thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "controlplane/ops/caller.h"
#include "controlplane/ops/write_path.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::ops {

class ProviderOps {
 public:
  explicit ProviderOps(WritePath& path) : path_(path) {}

  admin::v1::ListPresetsResponse ListPresets() const;
  absl::StatusOr<admin::v1::ListProvidersResponse> List();
  absl::StatusOr<config::v1::Provider> Get(const admin::v1::GetProviderRequest& request);
  absl::StatusOr<admin::v1::CreateProviderResponse> Create(
      const Caller& caller, const admin::v1::CreateProviderRequest& request);
  absl::StatusOr<admin::v1::UpdateProviderResponse> Update(
      const Caller& caller, const admin::v1::UpdateProviderRequest& request);
  absl::StatusOr<admin::v1::DeleteProviderResponse> Delete(
      const Caller& caller, const admin::v1::DeleteProviderRequest& request);

 private:
  WritePath& path_;
};

}  // namespace sluice::ops
