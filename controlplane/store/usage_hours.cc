#include "controlplane/store/usage_hours.h"

#include <SQLiteCpp/Column.h>

#include "common/base/text.h"
#include "controlplane/store/usage_sums.h"

namespace sluice::store {
namespace {

using admin::v1::UsageSums;

constexpr int kKeyColumns = 6;

std::string UpdateSql() {
  std::string sets;
  int parameter = kKeyColumns;
  for (const UsageSumColumn& column : UsageSumColumns()) {
    sets += base::Cat(sets.empty() ? "" : ", ", column.name, " = min(", column.name, " + ?",
                      ++parameter, ", ", kMostUsageSum, ")");
  }
  return base::Cat("UPDATE hour SET ", sets,
                   " WHERE hour = ?1 AND node = ?2 AND client_key = ?3 AND provider = ?4 "
                   "AND model = ?5 AND quality = ?6");
}

std::string InsertSql() {
  std::string names = "hour, node, client_key, provider, model, quality";
  std::string values = "?1, ?2, ?3, ?4, ?5, ?6";
  int parameter = kKeyColumns;
  for (const UsageSumColumn& column : UsageSumColumns()) {
    names += base::Cat(", ", column.name);
    values += base::Cat(", ?", ++parameter);
  }
  return base::Cat("INSERT INTO hour(", names, ") VALUES(", values, ")");
}

void Bind(SQLite::Statement& statement, const UsageGroup& group, const UsageSums& sums) {
  statement.reset();
  statement.bind(1, group.hour);
  statement.bind(2, group.node);
  statement.bind(3, group.client_key);
  statement.bind(4, group.provider);
  statement.bind(5, group.model);
  statement.bind(6, group.quality);
  int parameter = kKeyColumns;
  for (const UsageSumColumn& column : UsageSumColumns()) {
    statement.bind(++parameter, (sums.*column.get)());
  }
}

// Where a new group goes when there are that many already.
UsageGroup Folded(UsageGroup group, int64_t groups) {
  group.model = kUsageOthers;
  if (groups >= 2 * UsageHours::kMostGroups) group.client_key = kUsageOthers;
  if (groups >= 3 * UsageHours::kMostGroups) group.provider = kUsageOthers;
  return group;
}

}  // namespace

UsageHours::UsageHours(SQLite::Database& database)
    : update_(database, UpdateSql()),
      insert_(database, InsertSql()),
      count_(database, "SELECT count(*) FROM hour WHERE hour = ? AND node = ?") {}

void UsageHours::Put(const UsageGroup& group, const UsageSums& sums) {
  if (Update(group, sums)) return;
  int64_t& groups = GroupsBeside(group);
  if (groups < kMostGroups) {
    Insert(group, sums);
    ++groups;
    return;
  }
  folded_ += sums.requests();
  const UsageGroup folded = Folded(group, groups);
  if (Update(folded, sums)) return;
  Insert(folded, sums);
  ++groups;
}

bool UsageHours::Update(const UsageGroup& group, const UsageSums& sums) {
  Bind(update_, group, sums);
  return update_.exec() > 0;
}

void UsageHours::Insert(const UsageGroup& group, const UsageSums& sums) {
  Bind(insert_, group, sums);
  insert_.exec();
}

int64_t& UsageHours::GroupsBeside(const UsageGroup& group) {
  const auto [found, is_new] = groups_.try_emplace({group.hour, group.node}, 0);
  if (is_new) {
    count_.reset();
    count_.bind(1, group.hour);
    count_.bind(2, group.node);
    if (count_.executeStep()) found->second = count_.getColumn(0).getInt64();
    count_.reset();
  }
  return found->second;
}

}  // namespace sluice::store
