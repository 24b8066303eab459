#include "controlplane/store/schema.h"

#include <SQLiteCpp/Statement.h>

#include <array>
#include <string>

#include "common/base/text.h"
#include "controlplane/store/audit_log.h"

namespace sluice::store {
namespace {

constexpr int kApplicationId = 0x534c4345;  // "SLCE"

constexpr std::array<const char*, kSchemaVersion> kMigrations = {R"sql(
  CREATE TABLE meta(
    key TEXT PRIMARY KEY,
    value BLOB NOT NULL
  ) STRICT;

  -- One row for each write; the revision is the order of all writes.
  CREATE TABLE change(
    revision INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,              -- microseconds since 1970
    actor TEXT NOT NULL,
    rpc TEXT NOT NULL,
    summary TEXT NOT NULL
  ) STRICT;

  CREATE TABLE resource(
    kind INTEGER NOT NULL,
    id TEXT NOT NULL,
    name TEXT,                        -- NULL: holds no name
    body BLOB NOT NULL,
    material BLOB NOT NULL,
    revision INTEGER NOT NULL REFERENCES change(revision) DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY(kind, id),
    UNIQUE(kind, name)
  ) STRICT, WITHOUT ROWID;

  -- What a change did, for deltas, diff and rollback. NULL body: the resource did not exist.
  CREATE TABLE change_item(
    revision INTEGER NOT NULL REFERENCES change(revision) DEFERRABLE INITIALLY DEFERRED,
    position INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    id TEXT NOT NULL,
    before_body BLOB,
    before_material BLOB,
    after_body BLOB,
    after_material BLOB,
    PRIMARY KEY(revision, position)
  ) STRICT, WITHOUT ROWID;

  -- Who did what from where. Kept apart from `change`, so that it outlives any pruning of it.
  CREATE TABLE audit(
    id INTEGER PRIMARY KEY,
    revision INTEGER,                 -- NULL: the setup of the store
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    token TEXT NOT NULL,              -- public id
    peer TEXT NOT NULL,
    rpc TEXT NOT NULL,
    summary TEXT NOT NULL
  ) STRICT;

  CREATE TABLE token(
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK(kind IN ('admin', 'join')),
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    sha256 BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
  ) STRICT;
)sql",
                                                                 R"sql(
  -- Before and after of the entry's resources as JSON, and SHA-256 over the entry and the hash
  -- before it.
  ALTER TABLE audit ADD COLUMN detail TEXT NOT NULL DEFAULT '';
  ALTER TABLE audit ADD COLUMN hash BLOB NOT NULL DEFAULT x'';
)sql",
                                                                 R"sql(
  -- The lineage of a revision is the hash of its audit entry.
  CREATE INDEX audit_revision ON audit(revision) WHERE revision IS NOT NULL;
  -- A change puts its resources first and then the revision that they refer to; without this SQLite
  -- looks through all resources for it.
  CREATE INDEX resource_revision ON resource(revision);

  ALTER TABLE token ADD COLUMN expires_at INTEGER;            -- NULL: never
  ALTER TABLE token ADD COLUMN single_use INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE token ADD COLUMN used_by TEXT;                  -- node

  -- Nodes that were given a certificate, or expelled.
  CREATE TABLE node(
    id TEXT PRIMARY KEY,
    joined_at INTEGER,                -- of the last join or renewal; NULL: never
    expires_at INTEGER,               -- of the newest certificate
    expelled_at INTEGER               -- NULL: not
  ) STRICT;

  -- Canary rollouts; at most one has no ended_revision.
  CREATE TABLE rollout(
    revision INTEGER PRIMARY KEY REFERENCES change(revision),
    selector TEXT NOT NULL,
    threshold INTEGER NOT NULL,       -- of a percentage
    max_error_percent REAL NOT NULL,
    actor TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    ended_revision INTEGER REFERENCES change(revision) DEFERRABLE INITIALLY DEFERRED,
    promoted INTEGER,                 -- 1 promoted, 0 aborted
    reason TEXT
  ) STRICT;
)sql",
                                                                 R"sql(
  -- When client keys were used last, as nodes tell: an observation, no part of any revision.
  CREATE TABLE client_key_use(
    id TEXT PRIMARY KEY,
    last_used_at INTEGER NOT NULL     -- microseconds since 1970
  ) STRICT, WITHOUT ROWID;

  -- What a resource was last, to compare it with what it is; all that a provider key ever was.
  CREATE INDEX change_item_resource ON change_item(kind, id);
)sql"};

constexpr int kAuditChainVersion = 2;

int IntegerPragma(SQLite::Database& database, const char* pragma) {
  return database.execAndGet(base::Cat("PRAGMA ", pragma)).getInt();
}

}  // namespace

absl::StatusOr<int> SchemaVersionOf(SQLite::Database& database) {
  const int version = IntegerPragma(database, "user_version");
  const int application = IntegerPragma(database, "application_id");
  const int tables = database.execAndGet("SELECT count(*) FROM sqlite_schema").getInt();
  if (version == 0 && application == 0 && tables == 0) return 0;
  if (application != kApplicationId || version < 1) {
    return absl::FailedPreconditionError(
        base::Cat(database.getFilename(), " is a database of another program"));
  }
  if (version > kSchemaVersion) {
    return absl::FailedPreconditionError(base::Cat(
        database.getFilename(), " was written by a newer release (schema ", version,
        ", this one knows ", kSchemaVersion, "): start that release, or restore a backup"));
  }
  return version;
}

void ApplyMigrations(SQLite::Database& database, int version) {
  for (int next = version + 1; next <= kSchemaVersion; ++next) {
    database.exec(kMigrations[next - 1]);
    if (next == kAuditChainVersion) ChainAudit(database);
  }
  database.exec(base::Cat("PRAGMA application_id = ", kApplicationId));
  database.exec(base::Cat("PRAGMA user_version = ", kSchemaVersion));
}

}  // namespace sluice::store
