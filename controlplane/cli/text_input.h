// Text that a command takes from a file or from standard input.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "controlplane/cli/terminal.h"

namespace sluice::cli {

// To the end. `path`: "-" is standard input. FailedPrecondition names what cannot be read, or has
// more than `most` bytes.
absl::StatusOr<std::string> ReadTextInput(const std::string& path, size_t most,
                                          const Terminal& terminal);

}  // namespace sluice::cli
