#include "controlplane/cli/text_input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/text.h"

namespace sluice::cli {
namespace {

absl::StatusOr<std::string> ReadInput(int fd, size_t most) {
  std::string bytes;
  char piece[64 * 1024];
  for (;;) {
    const ssize_t got = read(fd, piece, sizeof(piece));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return absl::FailedPreconditionError(
          base::Cat("cannot read standard input: ", strerror(errno)));
    }
    if (got == 0) return bytes;
    bytes.append(piece, static_cast<size_t>(got));
    if (bytes.size() > most) {
      return absl::FailedPreconditionError(
          base::Cat("standard input has more than ", most, " bytes"));
    }
  }
}

}  // namespace

absl::StatusOr<std::string> ReadTextInput(const std::string& path, size_t most,
                                          const Terminal& terminal) {
  absl::StatusOr<std::string> text =
      path == "-" ? ReadInput(terminal.input_fd, most) : base::ReadFile(path, most);
  if (!text.ok()) return absl::FailedPreconditionError(text.status().message());
  return text;
}

}  // namespace sluice::cli
