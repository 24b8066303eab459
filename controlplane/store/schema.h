// The tables, as numbered migrations. A migration that has been released is never edited.
#pragma once

#include <SQLiteCpp/Database.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::store {

inline constexpr int kSchemaVersion = 4;

// 0 for an empty database. FailedPrecondition if it belongs to another program or to a newer
// release. Throws SQLite::Exception.
absl::StatusOr<int> SchemaVersionOf(SQLite::Database& database);

// Brings the schema from `version` to kSchemaVersion, inside the caller's transaction.
// Throws SQLite::Exception.
void ApplyMigrations(SQLite::Database& database, int version);

}  // namespace sluice::store
