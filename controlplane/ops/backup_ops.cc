#include "controlplane/ops/backup_ops.h"

#include <utility>

#include "common/base/text.h"
#include "controlplane/store/audit_log.h"

namespace sluice::ops {

absl::StatusOr<std::unique_ptr<BackupOps::Loan>> BackupOps::Create(const Caller& caller) {
  if (taken_.exchange(true)) {
    return absl::ResourceExhaustedError("another backup is under way: try again when it is done");
  }
  auto backup = store::Backup::Make(store_.path());
  if (!backup.ok()) {
    taken_ = false;
    return backup.status();
  }
  auto loan = std::make_unique<Loan>(*std::move(backup), taken_);
  store::AuditEntry entry = EntryOf(caller, clock_.Now());
  entry.summary = base::Cat("backup of revision ", (*loan)->revision(), " taken");
  if (absl::Status status = store_.Record(std::move(entry)); !status.ok()) return status;
  return loan;
}

}  // namespace sluice::ops
