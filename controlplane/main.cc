// sluice-controlplane: flags, signals, exit codes.
//
// 0: stopped by SIGTERM or SIGINT. 1: could not start. 2: a wrong flag.
#include <signal.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <memory>
#include <string>

#include "common/base/flags.h"
#include "common/base/log.h"
#include "controlplane/app.h"

namespace {

using sluice::controlplane::App;
using sluice::controlplane::AppOptions;

void AddFlags(CLI::App& flags, AppOptions& options, std::string& log_level) {
  flags.add_option("--listen", options.listen, "Address of the API")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  flags.add_option("--ops-listen", options.ops_listen, "Address of /livez, /readyz, /metrics")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  flags.add_option("--database", options.paths.database, "The database; made if it is missing")
      ->type_name("FILE")
      ->capture_default_str();
  flags
      .add_option("--master-key-file", options.paths.master_key_file,
                  "The key that seals provider keys; made with a new database")
      ->type_name("FILE")
      ->capture_default_str();
  flags.add_flag("--insecure", options.insecure,
                 "Allow plaintext listeners on addresses that are not loopback");
  flags.add_option("--port-file", options.port_file, "Write the ports here as JSON when ready")
      ->type_name("FILE");
  flags.add_option("--log-level", log_level, "debug, info, warning or error")
      ->type_name("LEVEL")
      ->capture_default_str();
}

// Before any thread is started: they inherit the mask, and the signals wait for sigwait.
sigset_t BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

int Fail(const absl::Status& status) {
  std::cerr << "sluice-controlplane: " << std::string(status.message()) << "\n";
  return 1;
}

int Run(int argc, char** argv) {
  AppOptions options;
  std::string log_level = "info";
  CLI::App flags{"The control plane of Sluice: an API over one database"};
  sluice::base::PrepareFlags(flags);
  AddFlags(flags, options, log_level);
  sluice::base::AddEnvironmentTwins(flags);
  if (const int code = sluice::base::ParseFlags(flags, argc, argv); code >= 0) return code;
  if (absl::Status status = sluice::base::StartLogging("sluice-controlplane", log_level);
      !status.ok()) {
    Fail(status);
    return 2;
  }
  const sigset_t signals = BlockStopSignals();
  auto app = App::Start(options);
  if (!app.ok()) return Fail(app.status());
  int signal_number = 0;
  sigwait(&signals, &signal_number);
  spdlog::info("stopping on signal {}", signal_number);
  app->reset();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "sluice-controlplane: " << error.what() << "\n";
    return 1;
  }
}
