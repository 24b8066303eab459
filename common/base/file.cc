#include "common/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "common/base/text.h"

namespace sluice::base {
namespace {

constexpr size_t kReadPieceBytes = size_t{64} << 10;

// With the reason of `error`, an errno.
absl::Status Failed(std::string_view what, const std::string& path, int error) {
  return absl::ErrnoToStatus(error, Cat("cannot ", what, " ", path));
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Empty and true: closed; a failing close can be the first news of a failed write.
bool Close(int& fd) { return close(std::exchange(fd, -1)) == 0 || errno == EINTR; }

// False with errno set.
bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

// Makes a rename in `folder` survive a power loss.
absl::Status SyncFolder(const std::string& folder) {
  int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Failed("open the folder", folder, errno);
  const bool synced = fsync(fd) == 0;
  const int error = errno;
  Close(fd);
  return synced ? absl::OkStatus() : Failed("sync the folder", folder, error);
}

// Fills the temporary file `fd` and closes it.
absl::Status Fill(int& fd, const std::string& path, std::string_view bytes, mode_t mode) {
  if (fchmod(fd, mode) != 0) return Failed("set the mode of", path, errno);
  if (!WriteAll(fd, bytes)) return Failed("write", path, errno);
  if (fsync(fd) != 0) return Failed("sync", path, errno);
  if (!Close(fd)) return Failed("write", path, errno);
  return absl::OkStatus();
}

absl::Status MakeOneFolder(const std::string& path, mode_t mode) {
  if (mkdir(path.c_str(), mode) == 0) return absl::OkStatus();
  const int error = errno;
  struct stat found = {};
  if (stat(path.c_str(), &found) == 0) {
    if (S_ISDIR(found.st_mode)) return absl::OkStatus();
    return absl::FailedPreconditionError(
        Cat("cannot create the folder ", path, ": a file of that name is in the way"));
  }
  return Failed("create the folder", path, error);
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Failed("open", path, errno);
  const auto closer = absl::MakeCleanup([&fd] { Close(fd); });
  std::string bytes;
  for (;;) {
    const size_t had = bytes.size();
    bytes.resize(std::min(had + kReadPieceBytes, max_bytes + 1));
    const ssize_t got = read(fd, bytes.data() + had, bytes.size() - had);
    if (got < 0 && errno != EINTR) return Failed("read", path, errno);
    bytes.resize(had + static_cast<size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) return bytes;
    if (bytes.size() > max_bytes) {
      return absl::FailedPreconditionError(
          Cat("cannot read ", path, ": it has more than ", max_bytes, " bytes"));
    }
  }
}

absl::Status WriteFileAtomically(const std::string& path, std::string_view bytes, mode_t mode) {
  std::string temporary = Cat(path, ".XXXXXX");
  int fd = mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return Failed("create a temporary file beside", path, errno);
  auto remover = absl::MakeCleanup([&] {
    if (fd >= 0) Close(fd);
    unlink(temporary.c_str());
  });
  if (absl::Status filled = Fill(fd, path, bytes, mode); !filled.ok()) return filled;
  if (rename(temporary.c_str(), path.c_str()) != 0) return Failed("replace", path, errno);
  std::move(remover).Cancel();
  return SyncFolder(FolderOf(path));
}

absl::Status MakeFolder(const std::string& path, mode_t mode) {
  if (path.empty()) return absl::InvalidArgumentError("the name of a folder is empty");
  for (size_t slash = path.find('/', 1); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    const absl::Status made = MakeOneFolder(path.substr(0, slash), mode);
    if (!made.ok()) return made;
  }
  return MakeOneFolder(path, mode);
}

}  // namespace sluice::base
