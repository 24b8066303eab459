#include "dataplane/flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "common/base/flags.h"
#include "common/base/text.h"
#include "common/wire/config_check.h"
#include "dataplane/observe/node_id.h"

namespace sluice::dataplane {
namespace {

constexpr int kLeastSpoolMib = 32;
constexpr int kMostSpoolMib = 1 << 20;

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

absl::Status CheckTracing(const Flags& flags) {
  // NaN is not in it either.
  if (!(flags.trace_sample >= 0 && flags.trace_sample <= 1)) {
    return absl::InvalidArgumentError(
        fmt::format("--trace-sample {} is not in 0 to 1", flags.trace_sample));
  }
  if (flags.trace_endpoint.empty()) {
    if (flags.trace_headers_file.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError("--trace-headers-file is of no use without --trace-endpoint");
  }
  const absl::StatusOr<wire::BaseUrl> url = wire::ParseBaseUrl(flags.trace_endpoint);
  if (!url.ok()) {
    std::string_view problem = base::ToStd(url.status().message());
    base::ConsumePrefix(problem, "base_url ");
    return absl::InvalidArgumentError(base::Cat("--trace-endpoint ", problem));
  }
  const base::HostPort address{url->host, static_cast<uint16_t>(url->port)};
  const bool travels = url->scheme == "http" && url->host != "[::1]" && !address.IsLoopback();
  if (travels && !flags.trace_headers_file.empty() && !flags.insecure) {
    return absl::InvalidArgumentError(fmt::format(
        "--trace-endpoint {} is not a loopback address and what --trace-headers-file holds would "
        "travel there in plaintext; give an https URL, or say --insecure if the network is trusted",
        flags.trace_endpoint));
  }
  return absl::OkStatus();
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
                 "Folder for the node's id, keys and certificate, the last known good "
                 "configuration and the records of usage")
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
  app.add_flag("--reuse-port", flags->reuse_port,
               "Share --listen with other data planes on this machine that say so too: the system "
               "spreads the clients. Each has a state folder and an ops port of its own");
  app.add_option("--workers", flags->workers, "Worker threads; 0 means one for each core")
      ->capture_default_str();
  app.add_flag(
      "--insecure", flags->insecure,
      "Allow plaintext on addresses that are not loopback, and to a control plane elsewhere");
  app.add_option("--access-log", flags->access_log,
                 "Write a line of JSON for each request to this file, or to standard output (-); "
                 "opened anew on SIGHUP")
      ->type_name("FILE");
  app.add_option("--trace-endpoint", flags->trace_endpoint,
                 "Take part in traces, and send spans to this collector: OTLP over HTTP with "
                 "JSON, to /v1/traces below the URL")
      ->type_name("URL");
  app.add_option("--trace-sample", flags->trace_sample,
                 "Share of the traces begun here that are sampled, 0 to 1; a client's own traces "
                 "say so themselves")
      ->type_name("RATIO")
      ->capture_default_str();
  app.add_option("--trace-headers-file", flags->trace_headers_file,
                 "Header fields for the collector, such as its key: a line \"Name: value\" each")
      ->type_name("FILE");
  app.add_option("--usage-spool-mib", flags->usage_spool_mib,
                 "Most that records of usage may take in the state folder while the control plane "
                 "does not take them, MiB")
      ->capture_default_str();
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
  if (flags.usage_spool_mib < kLeastSpoolMib || flags.usage_spool_mib > kMostSpoolMib) {
    return absl::InvalidArgumentError(fmt::format("--usage-spool-mib {} is not in {} to {}",
                                                  flags.usage_spool_mib, kLeastSpoolMib,
                                                  kMostSpoolMib));
  }
  absl::Status tracing = CheckTracing(flags);
  if (!tracing.ok()) return tracing;
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
