#include <signal.h>
#include <spdlog/spdlog.h>
#include <stdlib.h>

#include <cstdio>
#include <exception>

#include "common/base/log.h"
#include "dataplane/app.h"
#include "dataplane/flags.h"

namespace {

// Every thread inherits the mask, so that only main's sigwait sees these.
sigset_t BlockStopSignals() {
  signal(SIGPIPE, SIG_IGN);
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  return stop;
}

bool AnotherSignalCame(const sigset_t& stop) {
  timespec none{0, 0};
  return sigtimedwait(&stop, nullptr, &none) > 0;
}

int Complain(const absl::Status& status, int code) {
  std::fprintf(stderr, "sluice-dataplane: %s\n", std::string(status.message()).c_str());
  return code;
}

int Run(int argc, char** argv) {
  sluice::dataplane::Flags flags;
  int exit_code = sluice::dataplane::ReadFlags(argc, argv, &flags);
  if (exit_code >= 0) return exit_code;
  absl::StatusOr<sluice::dataplane::Options> options = sluice::dataplane::CheckFlags(flags);
  if (!options.ok()) return Complain(options.status(), 2);
  absl::Status logging = sluice::base::StartLogging("sluice-dataplane", flags.log_level);
  if (!logging.ok()) return Complain(logging, 2);

  // What goes wrong with the control plane is said once, in our words.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  sigset_t stop = BlockStopSignals();
  auto app = sluice::dataplane::App::Start(*options);
  if (!app.ok()) return Complain(app.status(), 1);
  int signal_number = 0;
  sigwait(&stop, &signal_number);
  (*app)->Drain([&stop] { return AnotherSignalCame(stop); });
  app->reset();
  spdlog::info("stopped");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sluice-dataplane: %s\n", error.what());
    return 1;
  }
}
