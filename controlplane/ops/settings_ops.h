// Use cases of the settings. Stored is what was set; answers are filled in with the defaults.
// Thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "controlplane/ops/caller.h"
#include "controlplane/ops/write_path.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::ops {

class SettingsOps {
 public:
  explicit SettingsOps(WritePath& path) : path_(path) {}

  absl::StatusOr<admin::v1::GetSettingsResponse> Get();
  absl::StatusOr<admin::v1::UpdateSettingsResponse> Update(
      const Caller& caller, const admin::v1::UpdateSettingsRequest& request);

 private:
  WritePath& path_;
};

}  // namespace sluice::ops
