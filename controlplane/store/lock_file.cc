#include "controlplane/store/lock_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <utility>

#include "common/base/text.h"

namespace sluice::store {

absl::StatusOr<LockFile> LockFile::Acquire(const std::string& database_path) {
  const std::string path = base::Cat(database_path, ".lock");
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return absl::ErrnoToStatus(errno, base::Cat("cannot open the lock file ", path));
  }
  LockFile lock(fd);
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK) {
    return absl::FailedPreconditionError(
        base::Cat("the database ", database_path,
                  " is in use by another control plane, which must be stopped first"));
  }
  return absl::ErrnoToStatus(errno, base::Cat("cannot lock ", path));
}

LockFile::LockFile(LockFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

LockFile& LockFile::operator=(LockFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

LockFile::~LockFile() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace sluice::store
