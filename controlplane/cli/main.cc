// sluicectl: the process around cli::Run.
#include <stdlib.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>

#include "absl/time/clock.h"
#include "common/base/clock.h"
#include "controlplane/cli/exit_code.h"
#include "controlplane/cli/run.h"

namespace {

std::optional<std::string> Environment(const std::string& name) {
  const char* value = getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

bool Pause(absl::Duration duration) {
  absl::SleepFor(duration);
  return true;
}

// At once: gRPC has no way to wait for its last threads, and what the TLS library keeps for each is
// given back only as they end. Nothing that runs at exit runs, a sanitizer's look for leaks
// included; the unit tests of cli/ have that.
[[noreturn]] void Leave(int exit_code) {
  std::cout.flush();
  std::cerr.flush();
  std::fflush(nullptr);
  _exit(exit_code);
}

}  // namespace

int main(int argc, char** argv) {
  // What goes wrong is said in one sentence; the library's own log would come on top of it.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  // A reader that has seen enough (`| head`) is an error of the write, not of the process.
  std::signal(SIGPIPE, SIG_IGN);
  const sluice::base::SystemClock clock;
  sluice::cli::Terminal terminal;
  terminal.out = &std::cout;
  terminal.err = &std::cerr;
  terminal.input_fd = STDIN_FILENO;
  terminal.out_is_tty = isatty(STDOUT_FILENO) != 0;
  terminal.err_is_tty = isatty(STDERR_FILENO) != 0;
  terminal.environment = Environment;
  terminal.clock = &clock;
  terminal.pause = Pause;
  try {
    Leave(sluice::cli::Run(std::vector<std::string>(argv + 1, argv + argc), terminal));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sluicectl: unexpected failure: %s\n", error.what());
    Leave(sluice::cli::kExitFailed);
  }
}
