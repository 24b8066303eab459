#include "controlplane/store/usage_schema.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>

#include <string>

#include "common/base/text.h"

namespace sluice::store {
namespace {

constexpr int kUsageApplicationId = 0x534c5553;  // "SLUS"

// A migration that has been released is never edited.
constexpr char kTables[] = R"sql(
  -- How far each segment of a node's spool is stored.
  CREATE TABLE segment(
    id BLOB PRIMARY KEY,              -- 16 random bytes, the node's
    node TEXT NOT NULL,
    stored INTEGER NOT NULL,
    at INTEGER NOT NULL               -- microseconds since 1970: of the last batch
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX segment_at ON segment(at);

  -- Single requests, or several that a node has told as one. Never an id twice, pruned or not.
  CREATE TABLE record(
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    node TEXT NOT NULL,
    at INTEGER NOT NULL,              -- microseconds since 1970: of its end
    requests INTEGER NOT NULL,
    client_key TEXT NOT NULL,
    provider TEXT NOT NULL,
    provider_key TEXT NOT NULL,
    model TEXT NOT NULL,
    status INTEGER NOT NULL,
    side INTEGER NOT NULL,            -- this and quality as in fleet.v1.UsageRecord
    quality INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    reasoning_tokens INTEGER NOT NULL,
    cost_nanos INTEGER,               -- NULL: not known
    bytes_up INTEGER NOT NULL,
    bytes_down INTEGER NOT NULL,
    duration_us INTEGER NOT NULL,
    request_id TEXT NOT NULL
  ) STRICT;
  CREATE INDEX record_at ON record(at);

  CREATE TABLE hour(
    hour INTEGER NOT NULL,            -- seconds since 1970, of its begin
    node TEXT NOT NULL,
    client_key TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    quality INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    reasoning_tokens INTEGER NOT NULL,
    cost_nanos INTEGER NOT NULL,
    unpriced_requests INTEGER NOT NULL,
    bytes_up INTEGER NOT NULL,
    bytes_down INTEGER NOT NULL,
    PRIMARY KEY(hour, node, client_key, provider, model, quality)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX hour_client_key ON hour(client_key, hour);
)sql";

int IntegerPragma(SQLite::Database& database, const char* pragma) {
  return database.execAndGet(base::Cat("PRAGMA ", pragma)).getInt();
}

void MakeTables(SQLite::Database& database) {
  database.exec("BEGIN IMMEDIATE");
  try {
    database.exec(kTables);
    database.exec(base::Cat("PRAGMA application_id = ", kUsageApplicationId));
    database.exec(base::Cat("PRAGMA user_version = ", kUsageSchemaVersion));
    database.exec("COMMIT");
  } catch (const SQLite::Exception&) {
    database.tryExec("ROLLBACK");
    throw;
  }
}

}  // namespace

absl::Status PrepareUsageSchema(SQLite::Database& database) {
  const int version = IntegerPragma(database, "user_version");
  const int application = IntegerPragma(database, "application_id");
  const int tables = database.execAndGet("SELECT count(*) FROM sqlite_schema").getInt();
  if (version == 0 && application == 0 && tables == 0) {
    MakeTables(database);
    return absl::OkStatus();
  }
  if (application != kUsageApplicationId || version < 1) {
    return absl::FailedPreconditionError(base::Cat(database.getFilename(),
                                                   " is a database of another program: the usage "
                                                   "database has that name, so move it away"));
  }
  if (version > kUsageSchemaVersion) {
    return absl::FailedPreconditionError(base::Cat(
        database.getFilename(), " was written by a newer release (schema ", version,
        ", this one knows ", kUsageSchemaVersion, "): start that release, or move it away"));
  }
  return absl::OkStatus();
}

}  // namespace sluice::store
