#include "dataplane/link/join_token.h"

#include <utility>

#include "common/base/file.h"
#include "common/base/text.h"
#include "common/crypto/key_text.h"

namespace sluice::link {

absl::StatusOr<base::Secret> ReadJoinToken(const std::string& path) {
  if (path.empty()) return absl::FailedPreconditionError("no join token file is given");
  auto file = base::ReadFile(path, 4096);
  if (absl::IsNotFound(file.status())) {
    return absl::FailedPreconditionError(base::Cat("there is no join token file ", path));
  }
  if (!file.ok()) return file.status();
  const base::Secret content(*std::move(file));
  const std::string_view text = base::Stripped(content.Reveal());
  // What is no token may hold bytes that cannot travel as metadata at all.
  if (!crypto::KeyIdOf(crypto::kJoinTokenPrefix, text).has_value()) {
    return absl::FailedPreconditionError(base::Cat("join token file ", path,
                                                   " does not hold a join token (",
                                                   crypto::kJoinTokenPrefix, "...)"));
  }
  return base::Secret(text);
}

}  // namespace sluice::link
