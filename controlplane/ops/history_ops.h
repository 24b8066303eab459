// What was written, and how much there is. Thread-safe.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "controlplane/ops/caller.h"
#include "controlplane/store/store.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::ops {

class HistoryOps {
 public:
  explicit HistoryOps(store::Store& store) : store_(store) {}

  absl::StatusOr<admin::v1::ListChangesResponse> ListChanges(
      const admin::v1::ListChangesRequest& request);
  absl::StatusOr<admin::v1::ListAuditResponse> ListAudit(
      const admin::v1::ListAuditRequest& request);
  absl::StatusOr<admin::v1::VerifyAuditResponse> VerifyAudit();
  // Something that was done and made no revision.
  absl::Status Record(const Caller& caller, const std::string& summary, absl::Time now);
  absl::StatusOr<int64_t> NewestRevision();
  // Fills in revision, epoch and the numbers of resources.
  absl::StatusOr<admin::v1::GetStatusResponse> GetStatus();

 private:
  store::Store& store_;
};

}  // namespace sluice::ops
