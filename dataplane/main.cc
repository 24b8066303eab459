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
sigset_t BlockSignals() {
  signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  sigdelset(&signals, SIGHUP);
  return signals;
}

void WaitForStop(sigset_t signals, sluice::dataplane::App& app) {
  sigaddset(&signals, SIGHUP);
  int signal_number = 0;
  while (sigwait(&signals, &signal_number) != 0 || signal_number == SIGHUP) app.ReopenLogs();
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
  sigset_t stop = BlockSignals();
  auto app = sluice::dataplane::App::Start(*options);
  if (!app.ok()) return Complain(app.status(), 1);
  WaitForStop(stop, **app);
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
