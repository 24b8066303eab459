#include "controlplane/store/store.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>
#include <sqlite3.h>

#include <utility>

#include "common/base/text.h"
#include "common/crypto/digest.h"
#include "controlplane/store/audit_log.h"
#include "controlplane/store/database_files.h"
#include "controlplane/store/schema.h"
#include "controlplane/store/sqlite_status.h"

namespace sluice::store {
namespace {

constexpr int kBusyTimeoutMs = 5000;
constexpr size_t kEpochCharacters = 26;  // 130 random bits
constexpr char kSetupKey[] = "setup";
constexpr char kSetupPending[] = "pending";
constexpr char kSetupComplete[] = "complete";

std::unique_ptr<SQLite::Database> Connect(const std::string& path) {
  auto database = std::make_unique<SQLite::Database>(path, SQLite::OPEN_READWRITE, kBusyTimeoutMs);
  database->exec("PRAGMA trusted_schema = OFF");
  database->exec("PRAGMA foreign_keys = ON");
  database->exec("PRAGMA synchronous = FULL");
  // A secret that was sealed anew must not be left, sealed as before, in what its row gave free.
  database->exec("PRAGMA secure_delete = ON");
  return database;
}

absl::Status CheckIntegrity(SQLite::Database& database, const std::string& path) {
  const std::string found = database.execAndGet("PRAGMA quick_check(1)").getString();
  if (found == "ok") return absl::OkStatus();
  return absl::DataLossError(
      base::Cat("the database ", path, " is damaged (", found, "): restore a backup"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Store>> Store::Open(const std::string& path) {
  auto lock = LockFile::Acquire(path);
  if (!lock.ok()) return lock.status();
  if (absl::Status status = CreateEmptyFile(path); !status.ok()) return status;
  std::unique_ptr<Store> store(new Store(path, *std::move(lock)));
  if (absl::Status status = store->OpenWriter(); !status.ok()) return status;
  return store;
}

Store::~Store() {
  // The last connection that closes folds the write-ahead log into the database: let it be the
  // writer.
  reader_.reset();
  writer_.reset();
}

absl::Status Store::OpenWriter() {
  try {
    writer_ = Connect(path_);
    auto version = SchemaVersionOf(*writer_);
    if (!version.ok()) return version.status();
    version_ = *version;
    return CheckIntegrity(*writer_, path_);
  } catch (const SQLite::Exception& error) {
    switch (error.getErrorCode()) {
      case SQLITE_NOTADB:
        return absl::FailedPreconditionError(base::Cat(path_, " is not a database"));
      case SQLITE_CORRUPT:
        return absl::DataLossError(
            base::Cat("the database ", path_, " is damaged: restore a backup"));
      default:
        return ToStatus(error, base::Cat("open the database ", path_));
    }
  }
}

absl::Status Store::Create(const std::map<std::string, std::string>& meta, absl::Time now) {
  if (!is_new()) return absl::InternalError(base::Cat(path_, " exists already"));
  absl::Status status = Guarded("create the database", [&]() -> absl::Status {
    writer_->exec("PRAGMA journal_mode = WAL");
    return InTransaction([&]() -> absl::Status {
      ApplyMigrations(*writer_, 0);
      WriteMeta("epoch", crypto::RandomBase32(kEpochCharacters));
      WriteMeta("created_at", absl::FormatTime(now, absl::UTCTimeZone()));
      WriteMeta(kSetupKey, kSetupPending);
      for (const auto& [key, value] : meta) WriteMeta(key, value);
      return absl::OkStatus();
    });
  });
  if (!status.ok()) return status;
  version_ = kSchemaVersion;
  return Migrate();
}

absl::Status Store::Migrate() {
  if (is_new()) return absl::InternalError(base::Cat(path_, " has not been created"));
  return Guarded("open the database", [&]() -> absl::Status {
    const std::string mode = writer_->execAndGet("PRAGMA journal_mode = WAL").getString();
    if (mode != "wal") {
      return absl::FailedPreconditionError(
          base::Cat("the file system of ", path_, " cannot hold a write-ahead log"));
    }
    if (version_ < kSchemaVersion) {
      absl::Status status = InTransaction([&]() -> absl::Status {
        ApplyMigrations(*writer_, version_);
        return absl::OkStatus();
      });
      if (!status.ok()) return status;
      version_ = kSchemaVersion;
    }
    RemoveLeftOvers(path_);
    reader_ = Connect(path_);
    reader_->exec("PRAGMA query_only = ON");
    return absl::OkStatus();
  });
}

absl::StatusOr<std::string> Store::Meta(std::string_view key) {
  absl::MutexLock lock(&writer_mutex_);
  return Guarded("read the database", [&]() -> absl::StatusOr<std::string> {
    SQLite::Statement statement(*writer_, "SELECT value FROM meta WHERE key = ?");
    statement.bind(1, std::string(key));
    if (!statement.executeStep()) {
      return absl::NotFoundError(base::Cat("the database ", path_, " has no ", key));
    }
    return statement.getColumn(0).getString();
  });
}

void Store::WriteMeta(const std::string& key, const std::string& value) {
  SQLite::Statement statement(*writer_, "INSERT OR REPLACE INTO meta(key, value) VALUES(?, ?)");
  statement.bind(1, key);
  statement.bind(2, static_cast<const void*>(value.data()), static_cast<int>(value.size()));
  statement.exec();
}

absl::StatusOr<bool> Store::SetupIsComplete() {
  auto setup = Meta(kSetupKey);
  if (!setup.ok()) return setup.status();
  return *setup == kSetupComplete;
}

absl::Status Store::FinishSetup(const std::vector<TokenRow>& tokens, absl::Time now,
                                absl::FunctionRef<absl::Status()> before_commit) {
  absl::MutexLock lock(&writer_mutex_);
  return Guarded("write the database", [&] {
    return InTransaction([&]() -> absl::Status {
      writer_->exec("DELETE FROM token");
      for (TokenRow token : tokens) {
        token.created_at = now;
        absl::Status inserted = EnrolmentRows(*writer_).InsertToken(token);
        if (!inserted.ok()) return inserted;
      }
      AuditEntry entry;
      entry.at = now;
      entry.actor = "setup";
      entry.rpc = "Setup";
      entry.summary = "store created";
      AppendAudit(*writer_, std::move(entry));
      WriteMeta(kSetupKey, kSetupComplete);
      return before_commit();
    });
  });
}

absl::StatusOr<std::vector<TokenRow>> Store::Tokens() {
  absl::MutexLock lock(&reader_mutex_);
  return EnrolmentRows(*reader_).Tokens();
}

absl::StatusOr<std::vector<NodeRow>> Store::Nodes() {
  absl::MutexLock lock(&reader_mutex_);
  return EnrolmentRows(*reader_).Nodes();
}

absl::Status Store::Record(AuditEntry entry) {
  absl::MutexLock lock(&writer_mutex_);
  return Guarded("write the audit", [&] {
    return InTransaction([&]() -> absl::Status {
      AppendAudit(*writer_, std::move(entry));
      return absl::OkStatus();
    });
  });
}

absl::Status Store::Enrol(AuditEntry entry,
                          absl::FunctionRef<absl::StatusOr<std::string>(EnrolmentRows&)> body) {
  absl::MutexLock lock(&writer_mutex_);
  return Guarded("write the database", [&] {
    return InTransaction([&]() -> absl::Status {
      EnrolmentRows rows(*writer_);
      absl::StatusOr<std::string> summary = body(rows);
      if (!summary.ok()) return summary.status();
      entry.summary = *std::move(summary);
      AppendAudit(*writer_, std::move(entry));
      return absl::OkStatus();
    });
  });
}

absl::Status Store::InspectSecrets(absl::FunctionRef<absl::Status(const SecretRows&)> body) {
  absl::MutexLock lock(&writer_mutex_);
  return Guarded("read the secrets", [&] { return body(SecretRows(*writer_)); });
}

absl::Status Store::Reseal(AuditEntry entry,
                           absl::FunctionRef<absl::StatusOr<std::string>(SecretRows&)> body) {
  absl::MutexLock lock(&writer_mutex_);
  return Guarded("write the secrets", [&] {
    return InTransaction([&]() -> absl::Status {
      SecretRows rows(*writer_);
      absl::StatusOr<std::string> summary = body(rows);
      if (!summary.ok()) return summary.status();
      if (summary->empty()) return absl::OkStatus();
      entry.summary = *std::move(summary);
      AppendAudit(*writer_, std::move(entry));
      return absl::OkStatus();
    });
  });
}

void Store::EmptyLog() {
  absl::MutexLock lock(&writer_mutex_);
  writer_->tryExec("PRAGMA wal_checkpoint(TRUNCATE)");
}

// Throws what `body` throws, after undoing.
absl::Status Store::InTransaction(absl::FunctionRef<absl::Status()> body) {
  writer_->exec("BEGIN IMMEDIATE");
  try {
    absl::Status status = body();
    if (status.ok()) {
      writer_->exec("COMMIT");
    } else {
      writer_->exec("ROLLBACK");
    }
    return status;
  } catch (const SQLite::Exception&) {
    writer_->tryExec("ROLLBACK");
    throw;
  }
}

absl::StatusOr<std::unique_ptr<Reading>> Store::Read() {
  return Guarded("read the database", [&]() -> absl::StatusOr<std::unique_ptr<Reading>> {
    return std::make_unique<Reading>(reader_mutex_, *reader_);
  });
}

absl::StatusOr<std::unique_ptr<Change>> Store::Begin(ChangeInfo info) {
  return Guarded("write the database", [&]() -> absl::StatusOr<std::unique_ptr<Change>> {
    return std::make_unique<Change>(writer_mutex_, *writer_, std::move(info));
  });
}

}  // namespace sluice::store
