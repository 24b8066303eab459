// The token with which a node asks to be let in. Read from its file at each connection, so that a
// new one needs no restart.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/base/secret.h"

namespace sluice::link {

// White space around the token is ignored. An error names the file, and never quotes what stands in
// it.
absl::StatusOr<base::Secret> ReadJoinToken(const std::string& path);

}  // namespace sluice::link
