// What was written, and how much there is. Thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "controlplane/store/store.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::ops {

class HistoryOps {
 public:
  explicit HistoryOps(store::Store& store) : store_(store) {}

  absl::StatusOr<admin::v1::ListChangesResponse> ListChanges(
      const admin::v1::ListChangesRequest& request);
  absl::StatusOr<int64_t> NewestRevision();
  // Fills in revision, epoch and the numbers of resources.
  absl::StatusOr<admin::v1::GetStatusResponse> GetStatus();

 private:
  store::Store& store_;
};

}  // namespace sluice::ops
