// Where the admin token comes from: --token-file, SLUICE_TOKEN, SLUICE_TOKEN_FILE, the first that
// is given. Never from an argument.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/base/secret.h"
#include "controlplane/cli/terminal.h"

namespace sluice::cli {

struct Token {
  base::Secret text;
  std::string source;  // for messages, e.g. `the file "admin.token"`
};

// `token_file`: of the flag, empty if not given. Warns on the terminal where others can read the
// file. InvalidArgument if there is no token; otherwise an error that names file or variable and
// what is wrong.
absl::StatusOr<Token> FindToken(const std::string& token_file, const Terminal& terminal);

}  // namespace sluice::cli
