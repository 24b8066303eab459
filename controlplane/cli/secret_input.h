// How a secret gets in, most often a provider key: from standard input, a file or an environment
// variable, never as an argument, where every user of the machine could read it.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/secret.h"
#include "controlplane/cli/terminal.h"

namespace sluice::cli {

struct SecretSource {
  std::string variable;                 // --from-env
  std::string file;                     // --from-file
  std::vector<std::string> positional;  // {"-"} for standard input; anything else is a mistake
  std::string what = "provider key";    // for prompts and errors
  std::string flags = "--from-";        // what the options for the first two begin with
};

// Asks without echo if standard input is a terminal. One line end at the end is taken off. Errors
// name the source and never what was read; InvalidArgument unless exactly one source is given.
absl::StatusOr<base::Secret> ReadSecret(const SecretSource& source, const Terminal& terminal);

}  // namespace sluice::cli
