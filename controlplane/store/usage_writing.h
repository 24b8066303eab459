// One transaction that stores batches of usage: records, the sums of their hours, and how far each
// segment has come. Made and used within the caller's transaction; throws SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <map>
#include <string>

#include "absl/time/time.h"
#include "controlplane/store/usage_detail.h"
#include "controlplane/store/usage_hours.h"
#include "controlplane/store/usage_store.h"

namespace sluice::store {

class UsageWriting {
 public:
  // `detail`: single records are kept.
  UsageWriting(SQLite::Database& database, bool detail, absl::Time now);

  void Add(const NodeUsage& usage);
  // Once, before the commit: the hours are written here, each group once.
  AddedUsage Finish();

 private:
  // 0 for a segment that is new.
  int64_t StoredOf(const std::string& segment);
  void SetStored(const NodeUsage& usage, int64_t stored);
  void PutRecord(const std::string& node, const fleet::v1::UsageRecord& record);

  const bool detail_kept_;
  const absl::Time now_;
  SQLite::Statement stored_;
  SQLite::Statement set_stored_;
  UsageDetail detail_;
  UsageHours hours_;
  std::map<UsageGroup, admin::v1::UsageSums> sums_;
  AddedUsage added_;
};

}  // namespace sluice::store
