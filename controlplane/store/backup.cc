#include "controlplane/store/backup.h"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/Database.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "absl/cleanup/cleanup.h"
#include "common/base/text.h"
#include "controlplane/store/database_files.h"
#include "controlplane/store/sqlite_status.h"

namespace sluice::store {
namespace {

constexpr int kBusyTimeoutMs = 5000;
constexpr int kPagesPerStep = 1024;

absl::Status SystemError(std::string_view what, const std::string& path) {
  const int error = errno;
  return absl::ErrnoToStatus(error, base::Cat("cannot ", what, " ", path));
}

// Returns the revision that the copy has.
absl::StatusOr<int64_t> Copy(const std::string& database, const std::string& copy) {
  SQLite::Database from(database, SQLite::OPEN_READONLY, kBusyTimeoutMs);
  SQLite::Database to(copy, SQLite::OPEN_READWRITE);
  // If the copying is cut short the copy is worth nothing, so nothing needs to survive a crash.
  to.exec("PRAGMA journal_mode = OFF");
  to.exec("PRAGMA synchronous = OFF");
  from.exec("BEGIN");
  const int64_t revision =
      from.execAndGet("SELECT coalesce(max(revision), 0) FROM change").getInt64();
  SQLite::Backup backup(to, from);
  int result = SQLITE_OK;
  while (result == SQLITE_OK) result = backup.executeStep(kPagesPerStep);
  if (result == SQLITE_DONE) return revision;
  return absl::UnavailableError(
      base::Cat("cannot back up the database ", database, ": it is locked"));
}

// Else the copy would need a write-ahead log beside it, and a reader the right to make one.
void LeaveWriteAheadMode(const std::string& copy) {
  SQLite::Database database(copy, SQLite::OPEN_READWRITE);
  database.exec("PRAGMA synchronous = OFF");
  database.exec("PRAGMA journal_mode = DELETE");
}

absl::StatusOr<int64_t> CopyInto(const std::string& database, const std::string& copy) {
  auto revision =
      Guarded(base::Cat("back up the database ", database), [&]() -> absl::StatusOr<int64_t> {
        auto copied = Copy(database, copy);
        if (copied.ok()) LeaveWriteAheadMode(copy);
        return copied;
      });
  if (!absl::IsResourceExhausted(revision.status())) return revision;
  return absl::ResourceExhaustedError(
      base::Cat(base::ToStd(revision.status().message()),
                "; a backup takes as much room beside the database for a moment as the database"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Backup>> Backup::Make(const std::string& database) {
  std::string copy = base::Cat(database, kBackupSuffix, "XXXXXX");
  int fd = mkostemp(copy.data(), O_CLOEXEC);
  if (fd < 0) return SystemError("create a temporary file beside", database);
  const auto remover = absl::MakeCleanup([&copy] {
    for (const char* more : {"", "-wal", "-shm", "-journal"}) {
      unlink(base::Cat(copy, more).c_str());
    }
  });
  // Before SQLite opens it: closing a descriptor drops the locks that SQLite holds on a file.
  close(fd);
  auto revision = CopyInto(database, copy);
  if (!revision.ok()) return revision.status();
  fd = open(copy.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return SystemError("open the backup", copy);
  struct stat found {};
  if (fstat(fd, &found) != 0) {
    const absl::Status status = SystemError("read the backup", copy);
    close(fd);
    return status;
  }
  return std::unique_ptr<Backup>(new Backup(fd, *revision, found.st_size));
}

Backup::~Backup() { close(fd_); }

absl::StatusOr<std::string> Backup::Next(size_t max_bytes) {
  std::string bytes(max_bytes, '\0');
  ssize_t got = 0;
  do {
    got = read(fd_, bytes.data(), bytes.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0) return absl::ErrnoToStatus(errno, "cannot read the backup");
  bytes.resize(static_cast<size_t>(got));
  sha256_.Update(bytes);
  return bytes;
}

}  // namespace sluice::store
