// The tables of what was used, in a database file of their own: its writes, which come as fast as
// requests end, never wait for a change of the configuration, nor that for them.
#pragma once

#include <SQLiteCpp/Database.h>

#include "absl/status/status.h"

namespace sluice::store {

inline constexpr int kUsageSchemaVersion = 1;

// Makes the tables in an empty file, or checks that these are they. FailedPrecondition if the file
// belongs to another program or to a newer release. Throws SQLite::Exception.
absl::Status PrepareUsageSchema(SQLite::Database& database);

}  // namespace sluice::store
