#include "controlplane/store/database_files.h"

#include <SQLiteCpp/Database.h>
#include <errno.h>
#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <vector>

#include "common/base/text.h"

namespace sluice::store {
namespace {

namespace fs = std::filesystem;

bool HoldsSomething(const std::string& path) {
  struct stat found {};
  return stat(path.c_str(), &found) == 0 && found.st_size > 0;
}

// A database whose log is folded in is one file, which one rename moves.
void FoldLog(const std::string& database) {
  if (!HoldsSomething(database) || !HoldsSomething(base::Cat(database, "-wal"))) return;
  try {
    SQLite::Database old(database, SQLite::OPEN_READWRITE);
    old.tryExec("PRAGMA wal_checkpoint(TRUNCATE)");
  } catch (const SQLite::Exception& error) {
    spdlog::warn("the log of the database {} cannot be folded in ({}), so it is moved beside it",
                 database, error.what());
  }
}

}  // namespace

absl::Status CreateEmptyFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return absl::ErrnoToStatus(errno, base::Cat("cannot open the database ", path));
  }
  // Before SQLite opens it: closing any descriptor of a file drops the locks that SQLite holds on
  // it.
  close(fd);
  return absl::OkStatus();
}

void RemoveLeftOvers(const std::string& database) {
  const fs::path path(database);
  const std::string name = path.filename();
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::error_code error;
  std::vector<fs::path> left_over;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string found = entry->path().filename();
    if (found.starts_with(base::Cat(name, kBackupSuffix)) ||
        found.starts_with(base::Cat(name, kRestoreSuffix))) {
      left_over.push_back(entry->path());
    }
  }
  for (const fs::path& file : left_over) {
    if (fs::remove(file, error)) {
      spdlog::info("removed {}, left by a backup or restore that was cut short", file.string());
    }
  }
}

absl::Status MoveDatabase(const std::string& from, const std::string& to) {
  FoldLog(from);
  // The log too: left behind it would be taken for that of the next database of this name.
  for (const char* part : {"", "-wal", "-shm"}) {
    const std::string old_name = base::Cat(from, part);
    const std::string new_name = base::Cat(to, part);
    if (rename(old_name.c_str(), new_name.c_str()) == 0 || errno == ENOENT) continue;
    return absl::ErrnoToStatus(errno, base::Cat("cannot move ", old_name, " to ", new_name));
  }
  return absl::OkStatus();
}

}  // namespace sluice::store
