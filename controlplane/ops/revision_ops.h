// Use cases of old revisions: what differs, and the way back. Thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "controlplane/ops/caller.h"
#include "controlplane/ops/write_path.h"
#include "controlplane/sealing/sealer.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::ops {

class RevisionOps {
 public:
  RevisionOps(WritePath& path, const sealing::Sealer& sealer) : path_(path), sealer_(sealer) {}

  absl::StatusOr<admin::v1::DiffRevisionsResponse> Diff(
      const admin::v1::DiffRevisionsRequest& request);
  absl::StatusOr<admin::v1::RollbackResponse> Rollback(const Caller& caller,
                                                       const admin::v1::RollbackRequest& request);

 private:
  absl::StatusOr<admin::v1::RollbackResponse> Rehearse(const admin::v1::RollbackRequest& request);

  WritePath& path_;
  const sealing::Sealer& sealer_;
};

}  // namespace sluice::ops
