#include "controlplane/store/usage_query.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>

#include <variant>

#include "common/base/text.h"
#include "controlplane/store/timestamp.h"
#include "controlplane/store/usage_detail.h"
#include "controlplane/store/usage_sums.h"

namespace sluice::store {
namespace {

using admin::v1::UsageDimension;
using admin::v1::UsageRow;
using fleet::v1::UsageRecord;

constexpr int64_t kHourSeconds = 3600;

// A WHERE clause and what is bound to it.
class Conditions {
 public:
  void Compare(std::string_view comparison, int64_t value) {
    Add(base::Cat(comparison, " ?"));
    values_.emplace_back(value);
  }
  void OneOf(std::string_view column, const std::vector<std::string>& texts) {
    if (texts.empty()) return;
    std::string marks;
    for (const std::string& text : texts) {
      marks += marks.empty() ? "?" : ", ?";
      values_.emplace_back(text);
    }
    Add(base::Cat(column, " IN (", marks, ")"));
  }
  void OneOfEach(const UsageSelection& selection) {
    OneOf("client_key", selection.client_keys);
    OneOf("provider", selection.providers);
    OneOf("model", selection.models);
    OneOf("node", selection.nodes);
  }

  const std::string& text() const { return text_; }
  void Bind(SQLite::Statement& statement) const {
    int index = 0;
    for (const auto& value : values_) {
      ++index;
      std::visit([&](const auto& bound) { statement.bind(index, bound); }, value);
    }
  }

 private:
  void Add(const std::string& condition) {
    text_ += base::Cat(text_.empty() ? " WHERE " : " AND ", condition);
  }

  std::string text_;
  std::vector<std::variant<int64_t, std::string>> values_;
};

// Unix seconds saturate, where the time is infinite.
Conditions HoursOf(const UsageSelection& selection) {
  Conditions conditions;
  const int64_t since = absl::ToUnixSeconds(selection.since);
  conditions.Compare("hour >=", since > 0 ? since / kHourSeconds * kHourSeconds : 0);
  // An hour has begun before `until` if its begin is below it, fractions of a second included.
  if (selection.until < absl::InfiniteFuture()) {
    const absl::Time whole = absl::FromUnixSeconds(absl::ToUnixSeconds(selection.until));
    conditions.Compare(selection.until > whole ? "hour <=" : "hour <", absl::ToUnixSeconds(whole));
  }
  conditions.OneOfEach(selection);
  return conditions;
}

const char* ColumnOf(UsageDimension dimension) {
  switch (dimension) {
    case admin::v1::BY_CLIENT_KEY:
      return "client_key";
    case admin::v1::BY_PROVIDER:
      return "provider";
    case admin::v1::BY_MODEL:
      return "model";
    case admin::v1::BY_NODE:
      return "node";
    case admin::v1::BY_HOUR:
      return "hour";
    case admin::v1::BY_DAY:
      return "hour / 86400 * 86400";
    default:
      return "quality";
  }
}

bool IsTime(UsageDimension dimension) {
  return dimension == admin::v1::BY_HOUR || dimension == admin::v1::BY_DAY;
}

std::string QualityName(int quality) {
  const std::string& name = UsageRecord::Quality_Name(static_cast<UsageRecord::Quality>(quality));
  if (quality == UsageRecord::QUALITY_UNSPECIFIED || name.empty()) return "unspecified";
  return base::Lower(name);
}

void Fill(const SQLite::Column& value, UsageDimension dimension, UsageRow* row) {
  switch (dimension) {
    case admin::v1::BY_CLIENT_KEY:
      return row->set_client_key_id(value.getString());
    case admin::v1::BY_PROVIDER:
      return row->set_provider(value.getString());
    case admin::v1::BY_MODEL:
      return row->set_model(value.getString());
    case admin::v1::BY_NODE:
      return row->set_node(value.getString());
    case admin::v1::BY_HOUR:
    case admin::v1::BY_DAY:
      *row->mutable_begin() = ToTimestamp(absl::FromUnixSeconds(value.getInt64()));
      return;
    default:
      return row->set_quality(QualityName(value.getInt()));
  }
}

// What stands behind the sums: times first, then most tokens, then the rest, so that the order is
// always the same.
std::string GroupingSql(const std::vector<UsageDimension>& by) {
  if (by.empty()) return "";
  std::string groups;
  std::string times;
  std::string rest;
  for (size_t i = 0; i < by.size(); ++i) {
    groups += base::Cat(groups.empty() ? "" : ", ", i + 1);
    if (IsTime(by[i])) {
      times += base::Cat(i + 1, ", ");
    } else {
      rest += base::Cat(", ", i + 1);
    }
  }
  return base::Cat(" GROUP BY ", groups, " ORDER BY ", times,
                   "usage_sum(input_tokens) + usage_sum(output_tokens) DESC", rest, " LIMIT ",
                   kMostUsageRows + 1);
}

}  // namespace

admin::v1::QueryUsageResponse QueryUsage(SQLite::Database& database,
                                         const UsageSelection& selection,
                                         const std::vector<UsageDimension>& by) {
  const Conditions hours = HoursOf(selection);
  admin::v1::QueryUsageResponse response;
  std::string columns;
  for (UsageDimension dimension : by) columns += base::Cat(ColumnOf(dimension), ", ");
  SQLite::Statement rows(database, base::Cat("SELECT ", columns, SumsSql(), " FROM hour",
                                             hours.text(), GroupingSql(by)));
  hours.Bind(rows);
  while (rows.executeStep()) {
    if (response.rows_size() == kMostUsageRows) {
      response.set_truncated(true);
      break;
    }
    UsageRow* row = response.add_rows();
    for (size_t i = 0; i < by.size(); ++i) {
      Fill(rows.getColumn(static_cast<int>(i)), by[i], row);
    }
    *row->mutable_sums() = SumsAt(rows, static_cast<int>(by.size()));
  }
  SQLite::Statement total(database, base::Cat("SELECT ", SumsSql(), " FROM hour", hours.text()));
  hours.Bind(total);
  if (total.executeStep()) *response.mutable_total() = SumsAt(total, 0);
  return response;
}

admin::v1::ListUsageRecordsResponse ListUsage(SQLite::Database& database,
                                              const UsageSelection& selection, int64_t before,
                                              int limit) {
  admin::v1::ListUsageRecordsResponse response;
  const int64_t since = absl::ToUnixMicros(selection.since);
  const int64_t until = absl::ToUnixMicros(selection.until);
  // Between these the table is read backwards until there are enough: by the index alone, all that
  // time's records would have to be sorted first.
  SQLite::Statement range(database,
                          "SELECT min(id), max(id) FROM record INDEXED BY record_at "
                          "WHERE at >= ? AND at < ?");
  range.bind(1, since);
  range.bind(2, until);
  if (!range.executeStep() || range.isColumnNull(0)) return response;
  Conditions conditions;
  conditions.Compare("id >=", range.getColumn(0).getInt64());
  conditions.Compare("id <=", range.getColumn(1).getInt64());
  if (before > 0) conditions.Compare("id <", before);
  conditions.Compare("+at >=", since);
  conditions.Compare("+at <", until);
  conditions.OneOfEach(selection);
  SQLite::Statement rows(database, base::Cat("SELECT ", kUsageDetailColumns, " FROM record",
                                             conditions.text(), " ORDER BY id DESC LIMIT ", limit));
  conditions.Bind(rows);
  while (rows.executeStep()) *response.add_records() = UsageRecordAt(rows);
  return response;
}

}  // namespace sluice::store
