#include "controlplane/store/usage_sums.h"

#include <SQLiteCpp/Column.h>
#include <sqlite3.h>

#include <algorithm>

#include "common/base/text.h"

namespace sluice::store {
namespace {

using admin::v1::UsageSums;
using fleet::v1::UsageRecord;

constexpr std::array<UsageSumColumn, kUsageSumColumns> kColumns = {{
    {"requests", &UsageSums::requests, &UsageSums::set_requests},
    {"failed", &UsageSums::failed, &UsageSums::set_failed},
    {"input_tokens", &UsageSums::input_tokens, &UsageSums::set_input_tokens},
    {"output_tokens", &UsageSums::output_tokens, &UsageSums::set_output_tokens},
    {"cached_tokens", &UsageSums::cached_tokens, &UsageSums::set_cached_tokens},
    {"cache_write_tokens", &UsageSums::cache_write_tokens, &UsageSums::set_cache_write_tokens},
    {"reasoning_tokens", &UsageSums::reasoning_tokens, &UsageSums::set_reasoning_tokens},
    {"cost_nanos", &UsageSums::cost_nanos, &UsageSums::set_cost_nanos},
    {"unpriced_requests", &UsageSums::unpriced_requests, &UsageSums::set_unpriced_requests},
    {"bytes_up", &UsageSums::bytes_up, &UsageSums::set_bytes_up},
    {"bytes_down", &UsageSums::bytes_down, &UsageSums::set_bytes_down},
}};

// Both 0 to kMostUsageSum, which is below half of what the type holds.
int64_t Sum(int64_t a, int64_t b) { return std::min(a + b, kMostUsageSum); }

void Step(sqlite3_context* context, int, sqlite3_value** values) {
  auto* sum = static_cast<int64_t*>(sqlite3_aggregate_context(context, sizeof(int64_t)));
  if (sum == nullptr) return sqlite3_result_error_nomem(context);
  *sum = Sum(*sum, std::clamp<int64_t>(sqlite3_value_int64(values[0]), 0, kMostUsageSum));
}

void Final(sqlite3_context* context) {
  const auto* sum = static_cast<const int64_t*>(sqlite3_aggregate_context(context, 0));
  sqlite3_result_int64(context, sum == nullptr ? 0 : *sum);
}

bool Failed(const UsageRecord& record) {
  return static_cast<int>(record.side()) > UsageRecord::NONE || record.status() >= 400;
}

}  // namespace

const std::array<UsageSumColumn, kUsageSumColumns>& UsageSumColumns() { return kColumns; }

UsageSums SumsOf(const UsageRecord& record) {
  UsageSums sums;
  sums.set_requests(record.requests());
  sums.set_failed(Failed(record) ? record.requests() : 0);
  sums.set_input_tokens(record.input_tokens());
  sums.set_output_tokens(record.output_tokens());
  sums.set_cached_tokens(record.cached_tokens());
  sums.set_cache_write_tokens(record.cache_write_tokens());
  sums.set_reasoning_tokens(record.reasoning_tokens());
  sums.set_cost_nanos(record.cost_nanos());
  const bool unpriced =
      !record.has_cost_nanos() && (record.input_tokens() > 0 || record.output_tokens() > 0);
  sums.set_unpriced_requests(unpriced ? record.requests() : 0);
  sums.set_bytes_up(record.bytes_up());
  sums.set_bytes_down(record.bytes_down());
  return sums;
}

void AddTo(UsageSums* sums, const UsageSums& more) {
  for (const UsageSumColumn& column : kColumns) {
    (sums->*column.set)(Sum((sums->*column.get)(), (more.*column.get)()));
  }
}

std::string SumsSql() {
  std::string sql;
  for (const UsageSumColumn& column : kColumns) {
    sql += base::Cat(sql.empty() ? "" : ", ", "usage_sum(", column.name, ")");
  }
  return sql;
}

UsageSums SumsAt(SQLite::Statement& row, int first_column) {
  UsageSums sums;
  for (const UsageSumColumn& column : kColumns) {
    (sums.*column.set)(row.getColumn(first_column++).getInt64());
  }
  return sums;
}

void AddUsageSum(SQLite::Database& database) {
  database.createFunction("usage_sum", 1, true, nullptr, nullptr, &Step, &Final);
}

}  // namespace sluice::store
