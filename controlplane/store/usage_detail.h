// Single records: into the table `record`, and out of it. Within the transaction of whoever holds
// one; throws SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <string>

#include "sluice/admin/v1/admin.pb.h"
#include "sluice/fleet/v1/fleet.pb.h"

namespace sluice::store {

class UsageDetail {
 public:
  explicit UsageDetail(SQLite::Database& database);

  void Put(const std::string& node, const fleet::v1::UsageRecord& record);

 private:
  SQLite::Statement insert_;
};

// The columns that UsageRecordAt reads, from the first on.
inline constexpr char kUsageDetailColumns[] =
    "id, node, at, requests, client_key, provider, provider_key, model, status, side, quality, "
    "input_tokens, output_tokens, cached_tokens, cache_write_tokens, reasoning_tokens, cost_nanos, "
    "bytes_up, bytes_down, duration_us, request_id";

// Without the name of the client key.
admin::v1::StoredUsageRecord UsageRecordAt(SQLite::Statement& row);

}  // namespace sluice::store
