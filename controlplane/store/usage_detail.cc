#include "controlplane/store/usage_detail.h"

#include <SQLiteCpp/Column.h>

#include "absl/time/time.h"
#include "common/base/text.h"
#include "controlplane/store/timestamp.h"

namespace sluice::store {

using fleet::v1::UsageRecord;

UsageDetail::UsageDetail(SQLite::Database& database)
    : insert_(database, base::Cat("INSERT INTO record(", kUsageDetailColumns,
                                  ") VALUES(NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                                  "?, ?, ?, ?)")) {}

void UsageDetail::Put(const std::string& node, const UsageRecord& record) {
  insert_.reset();
  insert_.bind(1, node);
  insert_.bind(2, absl::ToUnixMicros(ToTime(record.ended_at())));
  insert_.bind(3, record.requests());
  insert_.bind(4, record.client_key_id());
  insert_.bind(5, record.provider());
  insert_.bind(6, record.provider_key_id());
  insert_.bind(7, record.model());
  insert_.bind(8, record.status());
  insert_.bind(9, static_cast<int>(record.side()));
  insert_.bind(10, static_cast<int>(record.quality()));
  insert_.bind(11, record.input_tokens());
  insert_.bind(12, record.output_tokens());
  insert_.bind(13, record.cached_tokens());
  insert_.bind(14, record.cache_write_tokens());
  insert_.bind(15, record.reasoning_tokens());
  if (record.has_cost_nanos()) {
    insert_.bind(16, record.cost_nanos());
  } else {
    insert_.bind(16);  // NULL
  }
  insert_.bind(17, record.bytes_up());
  insert_.bind(18, record.bytes_down());
  insert_.bind(19, record.duration_us());
  insert_.bind(20, record.request_id());
  insert_.exec();
}

admin::v1::StoredUsageRecord UsageRecordAt(SQLite::Statement& row) {
  admin::v1::StoredUsageRecord stored;
  stored.set_id(row.getColumn(0).getInt64());
  stored.set_node(row.getColumn(1).getString());
  UsageRecord* record = stored.mutable_record();
  *record->mutable_ended_at() = ToTimestamp(absl::FromUnixMicros(row.getColumn(2).getInt64()));
  record->set_requests(row.getColumn(3).getInt64());
  record->set_client_key_id(row.getColumn(4).getString());
  record->set_provider(row.getColumn(5).getString());
  record->set_provider_key_id(row.getColumn(6).getString());
  record->set_model(row.getColumn(7).getString());
  record->set_status(row.getColumn(8).getInt());
  record->set_side(static_cast<UsageRecord::Side>(row.getColumn(9).getInt()));
  record->set_quality(static_cast<UsageRecord::Quality>(row.getColumn(10).getInt()));
  record->set_input_tokens(row.getColumn(11).getInt64());
  record->set_output_tokens(row.getColumn(12).getInt64());
  record->set_cached_tokens(row.getColumn(13).getInt64());
  record->set_cache_write_tokens(row.getColumn(14).getInt64());
  record->set_reasoning_tokens(row.getColumn(15).getInt64());
  if (!row.isColumnNull(16)) record->set_cost_nanos(row.getColumn(16).getInt64());
  record->set_bytes_up(row.getColumn(17).getInt64());
  record->set_bytes_down(row.getColumn(18).getInt64());
  record->set_duration_us(row.getColumn(19).getInt64());
  record->set_request_id(row.getColumn(20).getString());
  return stored;
}

}  // namespace sluice::store
