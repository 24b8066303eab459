// Use cases of canary rollouts: how it stands, to everybody, or back. Thread-safe.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "controlplane/ops/caller.h"
#include "controlplane/ops/write_path.h"
#include "controlplane/sealing/sealer.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::ops {

class RolloutOps {
 public:
  RolloutOps(WritePath& path, const sealing::Sealer& sealer) : path_(path), sealer_(sealer) {}

  // Without `canaries` and `others`. NotFound if there never was one.
  absl::StatusOr<admin::v1::Rollout> Get();
  // The new revision. FailedPrecondition if none is under way.
  absl::StatusOr<int64_t> Promote(const Caller& caller);
  absl::StatusOr<int64_t> Abort(const Caller& caller, const std::string& reason);

 private:
  WritePath& path_;
  const sealing::Sealer& sealer_;
};

}  // namespace sluice::ops
