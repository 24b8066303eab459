// What the operator tells a data plane at its start.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/address.h"
#include "dataplane/edge/tls_files.h"

namespace sluice::dataplane {

struct Flags {
  std::string listen = "127.0.0.1:8080";
  std::string ops_listen = "127.0.0.1:8081";
  std::string control_plane = "127.0.0.1:9090";
  std::string state_dir = "var/dataplane";
  std::string control_plane_ca_file;  // not empty: TLS to the control plane
  std::string join_token_file;
  std::string seed_file;            // where to begin without a last-known-good configuration
  std::string seed_key_file;        // what opens it
  std::string node_id;              // empty: made at the first start and kept in the state folder
  std::vector<std::string> labels;  // k=v
  std::vector<std::string> tls_cert_files;  // of the data port; empty: plaintext
  std::vector<std::string> tls_key_files;   // each of the certificate at the same place
  int workers = 0;                          // 0: one for each core
  bool reuse_port = false;                  // another process may listen on the data port too
  bool insecure = false;  // plaintext beyond loopback: every port, and the control plane without CA
  std::string access_log;          // a file, or "-" for standard output; empty: none is written
  std::string trace_endpoint;      // a collector of traces; empty: no part is taken in traces
  std::string trace_headers_file;  // header fields for the collector
  double trace_sample = 0.01;      // of traces begun here those that are sampled
  int usage_spool_mib = 256;       // most that usage records may take on disk
  int drain_seconds = 30;          // how long a stop waits for requests in flight
  std::string port_file;           // where the real ports are written once the node listens
  std::string log_level = "info";
};

// The same, checked: what is wrong is found before anything is touched.
struct Options {
  Flags flags;
  base::HostPort listen;
  base::HostPort ops_listen;
  std::map<std::string, std::string> labels;
  std::vector<edge::TlsPair> tls;
};

// Returns -1 and fills `flags`, or the exit code.
int ReadFlags(int argc, char** argv, Flags* flags);
// InvalidArgument names the flag, its value and the rule.
absl::StatusOr<Options> CheckFlags(const Flags& flags);

}  // namespace sluice::dataplane
