// A consistent view of one revision: what is read through it belongs together, whatever is written
// meanwhile. Holds the store's reading connection, so keep it short. One thread.
#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "controlplane/store/audit_log.h"
#include "controlplane/store/resource_rows.h"
#include "controlplane/store/rollout_rows.h"

namespace sluice::store {

struct ChangeRow {
  int64_t revision = 0;
  absl::Time at;
  std::string actor;
  std::string rpc;
  std::string summary;
};

class Reading {
 public:
  // Made by Store::Read. Waits for the mutex; throws SQLite::Exception.
  Reading(absl::Mutex& mutex, SQLite::Database& database);
  ~Reading();
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

  const ResourceRows& rows() const { return rows_; }
  RolloutRows rollouts() const { return RolloutRows(database_); }
  // Newest first, older than `before` (0: from the newest).
  absl::StatusOr<std::vector<ChangeRow>> Changes(int64_t before, int limit) const;
  // What tells the history up to `revision` from that of every other store, a copy of this one that
  // was written to since included: the hash of its audit entry. Empty for revision 0, and for one
  // that there is not.
  absl::StatusOr<std::string> Lineage(int64_t revision) const;
  // The record of who did what, as ListAudit and VerifyAudit.
  absl::StatusOr<std::vector<AuditEntry>> Audit(int64_t before, int limit) const;
  absl::StatusOr<AuditVerdict> CheckAudit() const;

 private:
  absl::MutexLock lock_;
  SQLite::Database& database_;
  ResourceRows rows_;
};

}  // namespace sluice::store
