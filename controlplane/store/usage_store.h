// What was used, as the nodes tell: single records for days, sums of each hour for longer. In a
// database file of its own, `usage.db`, beside that of the configuration; WAL with
// synchronous=FULL: what Add has returned for survives kill -9 and power loss.
//
// Thread-safe: one writing and one reading connection, each behind a mutex, so that questions never
// hold up what is being stored. Lives as long as the control plane.
#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "controlplane/store/lock_file.h"
#include "controlplane/store/usage_check.h"
#include "controlplane/store/usage_hours.h"
#include "controlplane/store/usage_query.h"

namespace sluice::store {

// How long what is kept.
struct UsageTerms {
  int detail_days = 7;  // single records; 0: none are kept
  int days = 400;       // sums
  // Of 4 KiB: Add fails with ResourceExhausted beyond; 0: as many as the disk holds.
  int64_t most_pages = 0;
};

// What Add made of its batches.
struct AddedUsage {
  // Records of this node that were numbered and never came.
  struct Gap {
    std::string node;
    int64_t records = 0;
  };
  std::vector<int64_t> stored;   // of each batch: how far its segment is stored now
  std::vector<int64_t> skipped;  // of each batch: records at its begin that were stored before
  int64_t records = 0;
  int64_t duplicates = 0;  // records that were stored before, and skipped
  int64_t folded = 0;      // requests that the hours count under "_others"
  std::vector<Gap> gaps;
  std::map<UsageGroup, admin::v1::UsageSums> sums;  // of what was stored now
  absl::Time newest = absl::InfinitePast();         // end of the newest record
};

class UsageStore {
 public:
  // Makes the file (mode 0600) if there is none; the folder must exist. FailedPrecondition: in use,
  // not a database, another program's, a newer release's. DataLoss: damaged. Of a file that is
  // larger than 256 MiB only the head is looked at, since reading it through would take a start
  // minutes: damage there is an error of whoever meets it.
  static absl::StatusOr<std::unique_ptr<UsageStore>> Open(const std::string& path,
                                                          const UsageTerms& terms);
  ~UsageStore();

  // All or, after an error, nothing. What a segment has stored already is skipped, so that no
  // record counts twice, however often it comes; where records are missing before a batch it is
  // stored all the same.
  absl::StatusOr<AddedUsage> Add(const std::vector<NodeUsage>& batches, absl::Time now);
  // Removes a little of what is too old: true if there may be more.
  absl::StatusOr<bool> Prune(absl::Time now);

  // As QueryUsage and ListUsage. ResourceExhausted for what takes more than twenty seconds to read.
  absl::StatusOr<admin::v1::QueryUsageResponse> Query(
      const UsageSelection& selection, const std::vector<admin::v1::UsageDimension>& by);
  absl::StatusOr<admin::v1::ListUsageRecordsResponse> List(const UsageSelection& selection,
                                                           int64_t before, int limit);
  // What is stored of a client key in the hours from `since` on and before `until`. Waits for no
  // question: it reads where what is stored is written.
  absl::StatusOr<admin::v1::UsageSums> SumOf(const std::string& client_key, absl::Time since,
                                             absl::Time until);
  // When the newest record ended; InfinitePast if there is none.
  absl::StatusOr<absl::Time> Newest();

 private:
  UsageStore(std::string path, const UsageTerms& terms, LockFile lock)
      : path_(std::move(path)), terms_(terms), lock_(std::move(lock)) {}

  absl::Status OpenConnections();
  absl::Status Reading(absl::FunctionRef<void(SQLite::Database&)> body);

  const std::string path_;
  const UsageTerms terms_;
  LockFile lock_;
  absl::Mutex writer_mutex_;
  std::unique_ptr<SQLite::Database> writer_;
  absl::Mutex reader_mutex_;
  std::unique_ptr<SQLite::Database> reader_;
};

}  // namespace sluice::store
