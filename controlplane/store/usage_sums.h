// The sums of what was used, as columns and as messages, and how they are added: never beyond
// kMostUsageSum, where they stay, so that no sum of whatever nodes say fails.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <array>
#include <cstdint>
#include <string>

#include "sluice/admin/v1/admin.pb.h"
#include "sluice/fleet/v1/fleet.pb.h"

namespace sluice::store {

inline constexpr int64_t kMostUsageSum = 1'000'000'000'000'000'000;

struct UsageSumColumn {
  const char* name;  // in the table `hour`
  int64_t (admin::v1::UsageSums::*get)() const;
  void (admin::v1::UsageSums::*set)(int64_t);
};
inline constexpr int kUsageSumColumns = 11;
const std::array<UsageSumColumn, kUsageSumColumns>& UsageSumColumns();

// Of one record that has passed CheckUsage.
admin::v1::UsageSums SumsOf(const fleet::v1::UsageRecord& record);
void AddTo(admin::v1::UsageSums* sums, const admin::v1::UsageSums& more);

// "usage_sum(requests), usage_sum(failed), ...", which SumsAt reads.
std::string SumsSql();
admin::v1::UsageSums SumsAt(SQLite::Statement& row, int first_column);

// Makes the aggregate `usage_sum(x)` of this connection: as sum(), but 0 of no rows, and it stays
// at kMostUsageSum where that fails.
void AddUsageSum(SQLite::Database& database);

}  // namespace sluice::store
