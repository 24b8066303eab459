#include "controlplane/cli/secret_input.h"

#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/ascii.h"
#include "common/base/file.h"
#include "common/base/text.h"

namespace sluice::cli {
namespace {

constexpr size_t kMaxSecretBytes = 64 * 1024;
std::string HowTo(const SecretSource& source) {
  return base::Cat("give it with ", source.flags, "env NAME, ", source.flags,
                   "file FILE, or - for standard input");
}

std::string Capitalised(std::string text) {
  text.front() = absl::ascii_toupper(static_cast<unsigned char>(text.front()));
  return text;
}

// Switches echo off for as long as it lives, if `fd` is a terminal.
class EchoOff {
 public:
  explicit EchoOff(int fd) : fd_(fd), active_(isatty(fd) != 0 && tcgetattr(fd, &before_) == 0) {
    if (!active_) return;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(fd_, TCSAFLUSH, &silent);
  }
  ~EchoOff() {
    if (active_) tcsetattr(fd_, TCSAFLUSH, &before_);
  }
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;

  bool active() const { return active_; }

 private:
  int fd_;
  termios before_{};
  bool active_;
};

// Reads to the end, of a terminal to the end of the line.
absl::StatusOr<base::Secret> ReadInput(const Terminal& terminal, const std::string& what) {
  const EchoOff echo_off(terminal.input_fd);
  if (echo_off.active()) *terminal.err << Capitalised(what) << ": " << std::flush;
  // Of full size at once: a string that grows would leave copies behind.
  std::string bytes(kMaxSecretBytes + 1, '\0');
  size_t size = 0;
  int error = 0;
  while (size < bytes.size()) {
    const ssize_t got = read(terminal.input_fd, bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) error = errno;
    if (got <= 0) break;
    size += static_cast<size_t>(got);
    if (echo_off.active() && bytes[size - 1] == '\n') break;
  }
  if (echo_off.active()) *terminal.err << '\n';
  const base::Secret whole(std::move(bytes));
  if (error != 0) {
    return absl::FailedPreconditionError(
        base::Cat("cannot read the ", what, " from standard input: ", strerror(error)));
  }
  if (size > kMaxSecretBytes) {
    return absl::FailedPreconditionError(base::Cat("standard input is too long for a ", what));
  }
  return base::Secret(whole.Reveal().substr(0, size));
}

absl::StatusOr<base::Secret> ReadSecretFile(const SecretSource& source) {
  absl::StatusOr<std::string> bytes = base::ReadFile(source.file, kMaxSecretBytes);
  if (absl::IsNotFound(bytes.status())) {
    return absl::NotFoundError(
        base::Cat("the file \"", source.file, "\" of ", source.flags, "file does not exist"));
  }
  if (!bytes.ok()) {
    return absl::FailedPreconditionError(
        base::Cat("cannot read the ", source.what, ": ", bytes.status().message()));
  }
  return base::Secret(std::move(*bytes));
}

bool IsVariableName(std::string_view name) {
  return !name.empty() && !absl::ascii_isdigit(name[0]) &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return absl::ascii_isalnum(c) || c == '_'; });
}

absl::StatusOr<base::Secret> ReadVariable(const SecretSource& source, const Terminal& terminal) {
  const std::string& name = source.variable;
  // Not quoted: it may be the key, given by mistake.
  if (!IsVariableName(name)) {
    return absl::InvalidArgumentError(base::Cat(
        source.flags, "env takes the name of an environment variable, not the key itself"));
  }
  std::optional<std::string> value = terminal.environment(name);
  if (!value.has_value()) {
    return absl::FailedPreconditionError(
        base::Cat("the environment variable ", name, " of ", source.flags, "env is not set"));
  }
  return base::Secret(std::move(*value));
}

absl::StatusOr<base::Secret> WithoutLineEnd(base::Secret raw, std::string_view source,
                                            const std::string& what) {
  std::string_view text = raw.Reveal();
  if (text.ends_with("\n")) text.remove_suffix(1);
  if (text.ends_with("\r")) text.remove_suffix(1);
  if (text.empty()) {
    return absl::FailedPreconditionError(base::Cat(source, " is empty; it must hold the ", what));
  }
  return base::Secret(text);
}

}  // namespace

absl::StatusOr<base::Secret> ReadSecret(const SecretSource& source, const Terminal& terminal) {
  const bool from_input = !source.positional.empty();
  if (from_input && (source.positional.size() > 1 || source.positional[0] != "-")) {
    return absl::InvalidArgumentError(base::Cat(
        "the ", source.what, " is never an argument, where others could read it; ", HowTo(source)));
  }
  const int sources = int{from_input} + int{!source.file.empty()} + int{!source.variable.empty()};
  if (sources != 1) {
    return absl::InvalidArgumentError(base::Cat(sources == 0 ? "there is no " : "give the ",
                                                source.what, sources == 0 ? "; " : " once; ",
                                                HowTo(source)));
  }
  absl::StatusOr<base::Secret> raw = from_input             ? ReadInput(terminal, source.what)
                                     : !source.file.empty() ? ReadSecretFile(source)
                                                            : ReadVariable(source, terminal);
  if (!raw.ok()) return raw.status();
  const std::string name = from_input ? std::string("standard input")
                           : !source.file.empty()
                               ? base::Cat("the file \"", source.file, "\"")
                               : base::Cat("the environment variable ", source.variable);
  return WithoutLineEnd(std::move(*raw), name, source.what);
}

}  // namespace sluice::cli
