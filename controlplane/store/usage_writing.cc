#include "controlplane/store/usage_writing.h"

#include <SQLiteCpp/Column.h>

#include <algorithm>
#include <utility>

#include "controlplane/store/timestamp.h"
#include "controlplane/store/usage_sums.h"

namespace sluice::store {
namespace {

constexpr int64_t kHourSeconds = 3600;

void BindBytes(SQLite::Statement& statement, int index, const std::string& bytes) {
  statement.bind(index, static_cast<const void*>(bytes.data()), static_cast<int>(bytes.size()));
}

}  // namespace

UsageWriting::UsageWriting(SQLite::Database& database, bool detail, absl::Time now)
    : detail_kept_(detail),
      now_(now),
      stored_(database, "SELECT stored FROM segment WHERE id = ?"),
      set_stored_(database,
                  "INSERT INTO segment(id, node, stored, at) VALUES(?, ?, ?, ?) "
                  "ON CONFLICT(id) DO UPDATE SET node = excluded.node, stored = excluded.stored, "
                  "at = excluded.at"),
      detail_(database),
      hours_(database) {}

int64_t UsageWriting::StoredOf(const std::string& segment) {
  stored_.reset();
  BindBytes(stored_, 1, segment);
  const int64_t stored = stored_.executeStep() ? stored_.getColumn(0).getInt64() : 0;
  stored_.reset();
  return stored;
}

void UsageWriting::SetStored(const NodeUsage& usage, int64_t stored) {
  set_stored_.reset();
  BindBytes(set_stored_, 1, usage.batch.segment());
  set_stored_.bind(2, usage.node);
  set_stored_.bind(3, stored);
  set_stored_.bind(4, absl::ToUnixMicros(now_));
  set_stored_.exec();
}

void UsageWriting::PutRecord(const std::string& node, const fleet::v1::UsageRecord& record) {
  if (detail_kept_) detail_.Put(node, record);
  const int64_t second = record.ended_at().seconds();
  const UsageGroup group{second - second % kHourSeconds,
                         node,
                         record.client_key_id(),
                         record.provider(),
                         record.model(),
                         record.quality()};
  AddTo(&sums_[group], SumsOf(record));
  added_.newest = std::max(added_.newest, ToTime(record.ended_at()));
  ++added_.records;
}

void UsageWriting::Add(const NodeUsage& usage) {
  const int64_t stored = StoredOf(usage.batch.segment());
  const int64_t first = usage.batch.first();
  const int64_t last = first + usage.batch.records_size() - 1;
  if (first > stored + 1) added_.gaps.push_back({usage.node, first - stored - 1});
  const int64_t skipped = std::clamp<int64_t>(stored - first + 1, 0, usage.batch.records_size());
  added_.duplicates += skipped;
  added_.skipped.push_back(skipped);
  for (int i = static_cast<int>(skipped); i < usage.batch.records_size(); ++i) {
    PutRecord(usage.node, usage.batch.records(i));
  }
  if (last > stored) SetStored(usage, last);
  added_.stored.push_back(std::max(stored, last));
}

AddedUsage UsageWriting::Finish() {
  for (const auto& [group, sums] : sums_) hours_.Put(group, sums);
  added_.sums = std::move(sums_);
  added_.folded = hours_.folded();
  return std::move(added_);
}

}  // namespace sluice::store
