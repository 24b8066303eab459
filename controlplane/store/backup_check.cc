#include "controlplane/store/backup_check.h"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <errno.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <utility>

#include "absl/strings/str_replace.h"
#include "common/base/text.h"
#include "controlplane/store/audit_log.h"
#include "controlplane/store/resource_rows.h"
#include "controlplane/store/schema.h"
#include "controlplane/store/sqlite_status.h"

namespace sluice::store {
namespace {

// Since this schema the audit is a chain.
constexpr int kAuditChainVersion = 2;

absl::Status CheckFile(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) {
    return absl::ErrnoToStatus(errno, base::Cat("cannot open the backup ", path));
  }
  if (!S_ISREG(found.st_mode)) {
    return absl::FailedPreconditionError(base::Cat("the backup ", path, " is not a file"));
  }
  if (found.st_size == 0) {
    return absl::FailedPreconditionError(base::Cat("the backup ", path, " is empty"));
  }
  struct stat log {};
  if (stat(base::Cat(path, "-wal").c_str(), &log) == 0 && log.st_size > 0) {
    return absl::FailedPreconditionError(
        base::Cat(path, " has a write-ahead log beside it (", path,
                  "-wal), so it is a database in use and not a backup of one: make a backup with "
                  "sluicectl backup"));
  }
  return absl::OkStatus();
}

// Read as it stands: no lock, no log, no file beside it.
std::string ImmutableUri(std::string_view path) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      uri += c == '%' ? "%25" : c == '?' ? "%3f" : "%23";
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

absl::Status CheckWhole(SQLite::Database& database, const std::string& path, int version) {
  const std::string found = database.execAndGet("PRAGMA integrity_check(1)").getString();
  if (found != "ok") {
    return absl::DataLossError(base::Cat("the backup ", path, " is damaged (", found, ")"));
  }
  SQLite::Statement strays(database, "PRAGMA foreign_key_check");
  if (strays.executeStep()) {
    return absl::DataLossError(base::Cat("the backup ", path, " is damaged: its table ",
                                         strays.getColumn(0).getString(),
                                         " refers to rows that are not there"));
  }
  if (version < kAuditChainVersion) return absl::OkStatus();
  const AuditVerdict verdict = VerifyAudit(database);
  if (verdict.broken_at == 0) return absl::OkStatus();
  return absl::DataLossError(base::Cat("the audit in the backup ", path,
                                       " was tampered with: entry ", verdict.broken_at,
                                       " does not fit the chain"));
}

absl::StatusOr<BackupContents> Contents(SQLite::Database& database, const std::string& path) {
  BackupContents contents;
  SQLite::Statement meta(database, "SELECT key, value FROM meta");
  while (meta.executeStep()) {
    contents.meta[meta.getColumn(0).getString()] = meta.getColumn(1).getString();
  }
  if (contents.meta["setup"] != "complete" || contents.meta["epoch"].empty()) {
    return absl::FailedPreconditionError(
        base::Cat("the backup ", path, " is of a control plane that was not set up to the end"));
  }
  const ResourceRows rows(database);
  auto revision = rows.Revision();
  if (!revision.ok()) return revision.status();
  contents.revision = *revision;
  const int64_t audited =
      database.execAndGet("SELECT coalesce(max(revision), 0) FROM audit").getInt64();
  if (audited != *revision) {
    return absl::DataLossError(base::Cat("the audit in the backup ", path,
                                         " was tampered with: it ends at revision ", audited,
                                         ", but the configuration is of revision ", *revision));
  }
  const SecretRows secrets(database);
  if (absl::Status status = secrets.CheckHistory(); !status.ok()) {
    return absl::DataLossError(
        base::Cat("the backup ", path, " is damaged: ", base::ToStd(status.message())));
  }
  auto all = secrets.All();
  if (!all.ok()) return all.status();
  contents.secrets = *std::move(all);
  return contents;
}

absl::StatusOr<BackupContents> Inspect(const std::string& path) {
  const std::string uri = ImmutableUri(path);
  SQLite::Database database(uri, SQLite::OPEN_READONLY | SQLite::OPEN_URI);
  database.exec("PRAGMA trusted_schema = OFF");
  auto version = SchemaVersionOf(database);
  if (!version.ok()) {
    return absl::Status(version.status().code(),
                        absl::StrReplaceAll(version.status().message(), {{uri, path}}));
  }
  if (*version == 0) {
    return absl::FailedPreconditionError(base::Cat("the backup ", path, " holds nothing"));
  }
  if (absl::Status status = CheckWhole(database, path, *version); !status.ok()) return status;
  return Contents(database, path);
}

}  // namespace

absl::StatusOr<BackupContents> InspectBackup(const std::string& path) {
  if (absl::Status status = CheckFile(path); !status.ok()) return status;
  try {
    return Inspect(path);
  } catch (const SQLite::Exception& error) {
    switch (error.getErrorCode()) {
      case SQLITE_NOTADB:
        return absl::FailedPreconditionError(
            base::Cat(path, " is not a backup of a control plane's database"));
      case SQLITE_CORRUPT:
        return absl::DataLossError(base::Cat("the backup ", path, " is damaged"));
      default:
        return ToStatus(error, base::Cat("read the backup ", path));
    }
  }
}

}  // namespace sluice::store
