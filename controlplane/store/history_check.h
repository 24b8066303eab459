// Whether the resources are what the history says they became: a row that was put back from an
// earlier time, or changed by hand, shows.
#pragma once

#include <SQLiteCpp/Database.h>

#include <string_view>

#include "absl/status/status.h"
#include "controlplane/store/resource.h"

namespace sluice::store {

// Of all resources, of a database of any schema. DataLoss names the first that is not. Throws
// SQLite::Exception.
absl::Status CheckAgainstHistory(SQLite::Database& database);

// DataLoss.
absl::Status NotOfTheHistory(ResourceKind kind, std::string_view id);

}  // namespace sluice::store
