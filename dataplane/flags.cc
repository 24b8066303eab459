#include "dataplane/flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "common/base/flags.h"
#include "dataplane/observe/node_id.h"

namespace sluice::dataplane {
namespace {

// `allowed`: beyond loopback too. `instead`: what else could be done.
absl::StatusOr<base::HostPort> CheckAddress(const char* flag, const std::string& text, bool allowed,
                                            const char* instead) {
  absl::StatusOr<base::HostPort> address = base::ParseHostPort(text);
  if (!address.ok()) {
    return absl::InvalidArgumentError(
        fmt::format("{}: {}", flag, std::string(address.status().message())));
  }
  if (!address->IsLoopback() && !allowed) {
    return absl::InvalidArgumentError(
        fmt::format("{} {} is not a loopback address and {}, or say --insecure if the network is "
                    "trusted",
                    flag, text, instead));
  }
  return address;
}

absl::Status CheckControlPlane(const Flags& flags) {
  absl::StatusOr<base::HostPort> address = base::ParseHostPort(flags.control_plane);
  if (!address.ok()) {
    return absl::InvalidArgumentError(
        fmt::format("--control-plane: {}", std::string(address.status().message())));
  }
  if (address->IsLoopback() || flags.insecure || !flags.control_plane_ca_file.empty()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(fmt::format(
      "--control-plane {} is not a loopback address and provider keys would travel there in "
      "plaintext; give --control-plane-ca-file, the ca.crt beside its database, for TLS",
      flags.control_plane));
}

absl::StatusOr<std::vector<edge::TlsPair>> CheckTls(const Flags& flags) {
  if (flags.tls_cert_files.size() != flags.tls_key_files.size()) {
    return absl::InvalidArgumentError(
        fmt::format("--tls-cert-file and --tls-key-file belong together: {} of the one and {} of "
                    "the other were given",
                    flags.tls_cert_files.size(), flags.tls_key_files.size()));
  }
  std::vector<edge::TlsPair> pairs;
  for (size_t i = 0; i < flags.tls_cert_files.size(); ++i) {
    pairs.push_back({flags.tls_cert_files[i], flags.tls_key_files[i]});
  }
  return pairs;
}

absl::StatusOr<std::map<std::string, std::string>> CheckLabels(
    const std::vector<std::string>& labels) {
  std::map<std::string, std::string> result;
  for (const std::string& label : labels) {
    size_t equals = label.find('=');
    if (equals == 0 || equals == std::string::npos || label.size() > 256) {
      return absl::InvalidArgumentError(fmt::format(
          "--labels: \"{}\" is not of the form name=value with at most 256 bytes", label));
    }
    if (!result.emplace(label.substr(0, equals), label.substr(equals + 1)).second) {
      return absl::InvalidArgumentError(
          fmt::format("--labels: \"{}\" is given twice", label.substr(0, equals)));
    }
  }
  return result;
}

}  // namespace

int ReadFlags(int argc, char** argv, Flags* flags) {
  CLI::App app(
      "sluice-dataplane: serves /p/{provider}/{endpoint} to clients that hold a Sluice key.\n"
      "Takes its configuration from a control plane and keeps serving when that is away.",
      "sluice-dataplane");
  base::PrepareFlags(app);
  app.add_option("--listen", flags->listen, "Address of the data port")->capture_default_str();
  app.add_option("--ops-listen", flags->ops_listen, "Address of /livez, /readyz and /metrics")
      ->capture_default_str();
  app.add_option("--tls-cert-file", flags->tls_cert_files,
                 "TLS on the data port: a certificate with its chain, PEM. Given again, or as "
                 "FILE,FILE: chosen by the name that the client asks for, else the first. Read "
                 "anew when it changes")
      ->type_name("FILE")
      ->allow_extra_args(false)
      ->delimiter(',');
  app.add_option("--tls-key-file", flags->tls_key_files,
                 "The private key of the --tls-cert-file at the same place, PEM")
      ->type_name("FILE")
      ->allow_extra_args(false)
      ->delimiter(',');
  app.add_option("--control-plane", flags->control_plane, "Address of the control plane")
      ->capture_default_str();
  app.add_option("--control-plane-ca-file", flags->control_plane_ca_file,
                 "The ca.crt that the control plane made beside its database: TLS to it");
  app.add_option("--state-dir", flags->state_dir,
                 "Folder for the node's id, keys and certificate and the last known good "
                 "configuration")
      ->capture_default_str();
  app.add_option(
      "--join-token-file", flags->join_token_file,
      "File with a join token: join.token beside the control plane's database, or one made with "
      "sluicectl join-token create; with TLS it is needed for the first connection only");
  CLI::Option* seed = app.add_option(
      "--seed-file", flags->seed_file,
      "Begin with this configuration (sluicectl node seed) where the state folder has none");
  CLI::Option* seed_key = app.add_option(
      "--seed-key-file", flags->seed_key_file,
      "What opens --seed-file: the seed.key that the control plane made beside its database");
  seed->needs(seed_key);
  seed_key->needs(seed);
  app.add_option("--node-id", flags->node_id, "Name of this node; made and kept if not given");
  app.add_option("--labels", flags->labels, "Labels of this node, k=v,k=v")->delimiter(',');
  app.add_option("--workers", flags->workers, "Worker threads; 0 means one for each core")
      ->capture_default_str();
  app.add_flag(
      "--insecure", flags->insecure,
      "Allow plaintext on addresses that are not loopback, and to a control plane elsewhere");
  app.add_option("--drain-seconds", flags->drain_seconds,
                 "How long a stop waits for requests in flight")
      ->capture_default_str();
  app.add_option("--port-file", flags->port_file,
                 "Write the real ports here as JSON once listening: {\"http\":N,\"ops\":N}");
  app.add_option("--log-level", flags->log_level, "debug, info, warning or error")
      ->capture_default_str();
  base::AddEnvironmentTwins(app);
  return base::ParseFlags(app, argc, argv);
}

absl::StatusOr<Options> CheckFlags(const Flags& flags) {
  Options options{flags, {}, {}, {}, {}};
  auto tls = CheckTls(flags);
  if (!tls.ok()) return tls.status();
  options.tls = *std::move(tls);
  auto listen = CheckAddress("--listen", flags.listen, flags.insecure || !options.tls.empty(),
                             "keys would travel there in plaintext; give --tls-cert-file and "
                             "--tls-key-file");
  if (!listen.ok()) return listen.status();
  options.listen = *listen;
  auto ops_listen = CheckAddress("--ops-listen", flags.ops_listen, flags.insecure,
                                 "that port has no TLS; put something in front that has");
  if (!ops_listen.ok()) return ops_listen.status();
  options.ops_listen = *ops_listen;
  absl::Status control_plane = CheckControlPlane(flags);
  if (!control_plane.ok()) return control_plane;
  auto labels = CheckLabels(flags.labels);
  if (!labels.ok()) return labels.status();
  options.labels = *std::move(labels);
  if (flags.join_token_file.empty() && flags.control_plane_ca_file.empty()) {
    return absl::InvalidArgumentError(
        "--join-token-file is required: the file join.token that the control plane wrote beside "
        "its database");
  }
  if (!flags.node_id.empty() && !observe::IsNodeId(flags.node_id)) {
    return absl::InvalidArgumentError(
        fmt::format("--node-id \"{}\" must be 1 to 63 of letters, digits, - _ . and begin with a "
                    "letter or digit",
                    flags.node_id));
  }
  if (flags.workers < 0 || flags.workers > 1024) {
    return absl::InvalidArgumentError(
        fmt::format("--workers {} is not in 0 to 1024", flags.workers));
  }
  if (flags.drain_seconds < 0 || flags.drain_seconds > 86'400) {
    return absl::InvalidArgumentError(
        fmt::format("--drain-seconds {} is not in 0 to 86400", flags.drain_seconds));
  }
  if (options.flags.workers == 0) {
    options.flags.workers = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  }
  return options;
}

}  // namespace sluice::dataplane
