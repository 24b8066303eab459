#include "controlplane/reference/reference_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "common/base/text.h"
#include "controlplane/reference/program_run.h"

namespace sluice::reference {
namespace {

// More than any key has, with a line end.
constexpr size_t kMaxBytes = 4098;

absl::Status FileError(std::string_view what, const std::string& path) {
  const int error = errno;
  return absl::ErrnoToStatus(error, base::Cat("cannot ", what, " the file ", base::Escaped(path)));
}

// "x\r\n" and "x\n" are x. Copied, so that both are wiped.
absl::StatusOr<base::Secret> Trimmed(const base::Secret& read, const std::string& place) {
  std::string_view text = read.Reveal();
  if (text.size() >= kMaxBytes) {
    return absl::InvalidArgumentError(base::Cat(place, " gives more than a key can have"));
  }
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (text.empty()) return absl::NotFoundError(base::Cat(place, " gives nothing"));
  return base::Secret(text);
}

absl::StatusOr<base::Secret> ReadVariable(const std::string& name) {
  const std::string place =
      base::Cat("the variable ", base::Escaped(name), " of the control plane's environment");
  const char* value = getenv(name.c_str());
  if (value == nullptr) return absl::NotFoundError(base::Cat(place, " is not set"));
  return Trimmed(base::Secret(std::string_view(value)), place);
}

bool IsWithin(const std::filesystem::path& path, const std::string& place) {
  std::error_code error;
  const auto own = std::filesystem::canonical(place, error);
  if (error) return false;
  return std::mismatch(own.begin(), own.end(), path.begin(), path.end()).first == own.end();
}

// As much as the descriptor gives, up to kMaxBytes.
absl::StatusOr<base::Secret> ReadAll(int fd, const std::string& path) {
  std::string bytes(kMaxBytes, '\0');
  size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got = read(fd, bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError("read", path);
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  base::Secret whole(std::move(bytes));
  return base::Secret(whole.Reveal().substr(0, size));
}

}  // namespace

absl::StatusOr<base::Secret> ReferenceReader::ReadFile(const std::string& path) const {
  std::error_code error;
  // Opened by the path without links, so that what was looked at is what is read.
  const std::filesystem::path real = std::filesystem::canonical(path, error);
  if (error) {
    errno = error.value();
    return FileError("open", path);
  }
  for (const std::string& own : options_.own_paths) {
    if (!IsWithin(real, own)) continue;
    return absl::FailedPreconditionError(base::Cat("the file ", base::Escaped(path),
                                                   " is the control plane's own: no reference may "
                                                   "lead to it"));
  }
  const int fd = open(real.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
  if (fd < 0) return FileError("open", path);
  const auto closer = absl::MakeCleanup([fd] { close(fd); });
  struct stat found {};
  if (fstat(fd, &found) != 0) return FileError("read", path);
  const std::string place = base::Cat("the file ", base::Escaped(path));
  if (!S_ISREG(found.st_mode)) {
    return absl::InvalidArgumentError(base::Cat(place, " is no ordinary file"));
  }
  const auto read = ReadAll(fd, path);
  if (!read.ok()) return read.status();
  return Trimmed(*read, place);
}

absl::StatusOr<base::Secret> ReferenceReader::ReadProgram(
    const config::v1::SecretReference::Command& exec) const {
  if (exec.argv().empty()) return absl::InvalidArgumentError("a reference names no program");
  const std::string& program = exec.argv(0);
  const auto& allowed = options_.programs;
  if (std::find(allowed.begin(), allowed.end(), program) == allowed.end()) {
    return absl::FailedPreconditionError(
        base::Cat("the control plane may not run ", base::Escaped(program),
                  ": it has to be started with --allow-secret-program ", base::Escaped(program)));
  }
  const auto output = RunProgram({exec.argv().begin(), exec.argv().end()},
                                 {.limit = options_.program_limit, .max_bytes = kMaxBytes});
  if (!output.ok()) return output.status();
  return Trimmed(*output, base::Cat("the program ", base::Escaped(program)));
}

absl::StatusOr<base::Secret> ReferenceReader::Read(
    const config::v1::SecretReference& reference) const {
  switch (reference.from_case()) {
    case config::v1::SecretReference::kEnv:
      return ReadVariable(reference.env());
    case config::v1::SecretReference::kFile:
      return ReadFile(reference.file());
    case config::v1::SecretReference::kExec:
      return ReadProgram(reference.exec());
    case config::v1::SecretReference::FROM_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("a reference leads nowhere");
}

}  // namespace sluice::reference
