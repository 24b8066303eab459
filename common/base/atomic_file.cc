#include "common/base/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "common/base/text.h"

namespace sluice::base {
namespace {

absl::Status Failed(std::string_view what, const std::string& path) {
  const int error = errno;
  return absl::ErrnoToStatus(error, Cat("cannot ", what, " ", path));
}

absl::Status SyncFolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "."
                             : slash == 0               ? "/"
                                                        : path.substr(0, slash);
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Failed("open the folder", folder);
  const absl::Status status = fsync(fd) == 0 ? absl::OkStatus() : Failed("sync the folder", folder);
  close(fd);
  return status;
}

}  // namespace

absl::StatusOr<AtomicFile> AtomicFile::Create(const std::string& path, mode_t mode,
                                              std::string_view suffix) {
  std::string temporary = Cat(path, suffix, "XXXXXX");
  const int fd = mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return Failed("create a temporary file beside", path);
  AtomicFile file(fd, path, std::move(temporary));
  if (fchmod(fd, mode) != 0) return Failed("set the mode of", path);
  return file;
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, "")) {}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) close(fd_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

absl::Status AtomicFile::Append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed("write", path_);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::Status AtomicFile::Sync() {
  return fsync(fd_) == 0 ? absl::OkStatus() : Failed("sync", path_);
}

absl::Status AtomicFile::Commit() {
  if (absl::Status status = Sync(); !status.ok()) return status;
  // A failing close can be the first news of a failed write.
  if (close(std::exchange(fd_, -1)) != 0 && errno != EINTR) return Failed("write", path_);
  if (rename(temporary_.c_str(), path_.c_str()) != 0) return Failed("replace", path_);
  temporary_.clear();
  return SyncFolderOf(path_);
}

}  // namespace sluice::base
