// One run of sluicectl: parse the command line, connect, do, say what went wrong. main() without
// the process.
#pragma once

#include <string>
#include <vector>

#include "controlplane/cli/terminal.h"

namespace sluice::cli {

// `arguments`: without the program's name. Returns the exit code (exit_code.h).
int Run(const std::vector<std::string>& arguments, const Terminal& terminal);

}  // namespace sluice::cli
