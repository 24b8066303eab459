// Use cases of declarations: the whole configuration as one document, out and in. Thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "controlplane/ops/caller.h"
#include "controlplane/ops/write_path.h"
#include "controlplane/sealing/sealer.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::ops {

class DeclarationOps {
 public:
  DeclarationOps(WritePath& path, const sealing::Sealer& sealer) : path_(path), sealer_(sealer) {}

  // In a fixed order: providers by name, provider keys by provider and name, client keys by name.
  absl::StatusOr<admin::v1::ExportConfigurationResponse> Export();
  // One revision, or none where nothing differs. See PlanDeclaration for what is refused.
  absl::StatusOr<admin::v1::ApplyConfigurationResponse> Apply(
      const Caller& caller, const admin::v1::ApplyConfigurationRequest& request);

 private:
  absl::StatusOr<admin::v1::ApplyConfigurationResponse> Rehearse(
      const admin::v1::ApplyConfigurationRequest& request);

  WritePath& path_;
  const sealing::Sealer& sealer_;
};

}  // namespace sluice::ops
