// Flags of the servers: each has an environment twin (--ops-listen = SLUICE_OPS_LISTEN) and may
// stand in a file given by
// --config (`ops-listen = 127.0.0.1:8081`, one a line). The command line wins over the environment,
// the environment over the file. A wrong flag, variable or line gives one sentence that names it.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace sluice::base {

// Prepares `app` (--config, --version) before options are added.
void PrepareFlags(CLI::App& app);
// Gives every option of `app` that has a long name its environment twin; call after all were added.
void AddEnvironmentTwins(CLI::App& app);
// Parses; on --help, --version or an error prints what is due and returns the exit code (0, or 2
// for a usage error). Returns -1 to go on.
int ParseFlags(CLI::App& app, int argc, char** argv);

}  // namespace sluice::base
