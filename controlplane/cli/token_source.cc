#include "controlplane/cli/token_source.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "common/base/file.h"
#include "common/base/text.h"

namespace sluice::cli {
namespace {

constexpr size_t kMaxTokenBytes = 4096;

// What a header can carry: one word of printable ASCII.
absl::StatusOr<Token> Checked(base::Secret raw, std::string source) {
  const std::string_view text = base::Stripped(raw.Reveal());
  if (text.empty()) {
    return absl::FailedPreconditionError(
        base::Cat(source, " is empty; it must hold the admin token"));
  }
  if (!std::all_of(text.begin(), text.end(), absl::ascii_isgraph) || text.size() > kMaxTokenBytes) {
    return absl::FailedPreconditionError(
        base::Cat(source, " does not hold an admin token: a token is one line without spaces"));
  }
  return Token{base::Secret(text), std::move(source)};
}

absl::StatusOr<Token> FromFile(const std::string& path, const Terminal& terminal) {
  absl::StatusOr<std::string> bytes = base::ReadFile(path, kMaxTokenBytes + 2);
  if (absl::IsNotFound(bytes.status())) {
    return absl::NotFoundError(
        base::Cat("the token file \"", path,
                  "\" does not exist; the control plane writes admin.token beside its database"));
  }
  if (!bytes.ok()) {
    return absl::FailedPreconditionError(
        base::Cat("cannot read the token file: ", bytes.status().message()));
  }
  struct stat info {};
  if (stat(path.c_str(), &info) == 0 && (info.st_mode & (S_IROTH | S_IWOTH)) != 0) {
    *terminal.err << "sluicectl: warning: every user of this machine can read the token file \""
                  << path << "\"; run chmod 600 on it\n";
  }
  return Checked(base::Secret(std::move(*bytes)), base::Cat("the token file \"", path, "\""));
}

}  // namespace

absl::StatusOr<Token> FindToken(const std::string& token_file, const Terminal& terminal) {
  if (!token_file.empty()) return FromFile(token_file, terminal);
  std::optional<std::string> text = terminal.environment("SLUICE_TOKEN");
  if (text.has_value() && !text->empty()) {
    return Checked(base::Secret(std::move(*text)), "the variable SLUICE_TOKEN");
  }
  const std::optional<std::string> path = terminal.environment("SLUICE_TOKEN_FILE");
  if (path.has_value() && !path->empty()) return FromFile(*path, terminal);
  return absl::InvalidArgumentError(
      "there is no admin token: give --token-file FILE, or set SLUICE_TOKEN_FILE or SLUICE_TOKEN "
      "(the control plane writes admin.token beside its database at its first start)");
}

}  // namespace sluice::cli
