// sluice-controlplane: flags, signals, exit codes.
//
// 0: stopped by SIGTERM or SIGINT, or restored. 1: could not start. 2: a wrong flag.
#include <signal.h>
#include <spdlog/spdlog.h>
#include <stdlib.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <memory>
#include <string>

#include "common/base/flags.h"
#include "common/base/log.h"
#include "controlplane/app.h"
#include "controlplane/master_key_source.h"
#include "controlplane/restore.h"

namespace {

using sluice::controlplane::App;
using sluice::controlplane::AppOptions;
using sluice::controlplane::RestoreOptions;

constexpr char kMasterKeyFlag[] = "--master-key-file";

void AddTlsFlags(CLI::App& flags, AppOptions& options) {
  flags.add_flag("--tls", options.tls.on,
                 "TLS for the API on loopback too; elsewhere it is there unless --insecure");
  flags
      .add_option("--tls-name", options.tls.names,
                  "Further names and IP addresses for the certificate that is made beside the "
                  "database")
      ->type_name("NAME,...")
      ->delimiter(',');
  flags
      .add_option("--tls-cert-file", options.tls.certificate_file,
                  "Your own certificate for the API, with its chain, instead")
      ->type_name("FILE");
  flags.add_option("--tls-key-file", options.tls.key_file, "The private key of that certificate")
      ->type_name("FILE");
  flags
      .add_option("--node-certificate-lifetime", options.node_certificate_lifetime,
                  "How long a data plane's certificate is good; it is renewed in time")
      ->type_name("DURATION")
      ->capture_default_str();
}

void AddUsageFlags(CLI::App& flags, AppOptions& options) {
  flags
      .add_option("--usage-detail-days", options.usage.detail_days,
                  "How long records of single requests are kept; 0: none are")
      ->type_name("DAYS")
      ->capture_default_str();
  flags.add_option("--usage-days", options.usage.days, "How long the sums of each hour are kept")
      ->type_name("DAYS")
      ->capture_default_str();
}

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
      .add_option(kMasterKeyFlag, options.paths.master_key_file,
                  "The keys that seal provider keys, one a line, the newest last; made with a new "
                  "database. Or SLUICE_MASTER_KEY holds them, or systemd's credential master.key")
      ->type_name("FILE")
      ->capture_default_str();
  flags.add_flag("--insecure", options.insecure,
                 "Allow plaintext listeners on addresses that are not loopback");
  flags
      .add_option(
          "--allow-secret-program", options.secret_programs,
          "A program that references of provider keys may run (--ref-exec); may be repeated")
      ->type_name("PATH,...")
      ->delimiter(',');
  AddTlsFlags(flags, options);
  AddUsageFlags(flags, options);
  flags.add_option("--port-file", options.port_file, "Write the ports here as JSON when ready")
      ->type_name("FILE");
  flags.add_option("--log-level", log_level, "debug, info, warning or error")
      ->type_name("LEVEL")
      ->capture_default_str();
}

// For one run only: a variable or file that said so would restore at each start.
void AddRestoreFlags(CLI::App& flags, RestoreOptions& restore) {
  CLI::Option* file =
      flags
          .add_option("--restore", restore.file,
                      "Put the database back from this backup, and exit; no control plane may run "
                      "on it")
          ->type_name("FILE")
          ->configurable(false);
  flags
      .add_flag("--replace", restore.replace,
                "With --restore: keep an existing database aside as FILE.replaced-TIME")
      ->needs(file)
      ->configurable(false);
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

int Restore(const AppOptions& options, const RestoreOptions& restore) {
  auto restored = sluice::controlplane::RestoreDatabase(options.paths, restore,
                                                        sluice::base::SystemClock().Now());
  if (!restored.ok()) return Fail(restored.status());
  std::cout << *restored << "\n";
  return 0;
}

int Run(int argc, char** argv) {
  AppOptions options;
  RestoreOptions restore;
  std::string log_level = "info";
  CLI::App flags{"The control plane of Sluice: an API over one database"};
  sluice::base::PrepareFlags(flags);
  AddFlags(flags, options, log_level);
  AddRestoreFlags(flags, restore);
  sluice::base::AddEnvironmentTwins(flags);
  if (const int code = sluice::base::ParseFlags(flags, argc, argv); code >= 0) return code;
  if (absl::Status status = sluice::base::StartLogging("sluice-controlplane", log_level);
      !status.ok()) {
    Fail(status);
    return 2;
  }
  absl::Status found =
      sluice::controlplane::FindMasterKeys(flags.count(kMasterKeyFlag) > 0, &options.paths);
  if (!found.ok()) return Fail(found);
  if (!restore.file.empty()) return Restore(options, restore);
  // Each connection that fails would be a line of the library's own; whoever knocks could fill
  // disks.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
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
