// Questions about what was used, within the reading transaction of whoever holds one. Throws
// SQLite::Exception.
#pragma once

#include <SQLiteCpp/Database.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::store {

// Which requests. Of each list one must fit; empty: all do.
struct UsageSelection {
  absl::Time since = absl::InfinitePast();    // from then on
  absl::Time until = absl::InfiniteFuture();  // before then
  std::vector<std::string> client_keys;       // ids
  std::vector<std::string> providers;
  std::vector<std::string> models;
  std::vector<std::string> nodes;
};

inline constexpr int kMostUsageRows = 10'000;

// Whole hours: that of `since` from its begin, that of `until` if it has begun. `by`: each once.
// The names of client keys are left out.
admin::v1::QueryUsageResponse QueryUsage(SQLite::Database& database,
                                         const UsageSelection& selection,
                                         const std::vector<admin::v1::UsageDimension>& by);

// Newest first, with ids below `before` (0: from the newest), at most `limit`. Likewise.
admin::v1::ListUsageRecordsResponse ListUsage(SQLite::Database& database,
                                              const UsageSelection& selection, int64_t before,
                                              int limit);

}  // namespace sluice::store
