// What the API's listener shows of itself, and the authority that nodes' certificates come from:
// files beside the database, made where they are missing.
//
//   ca.crt, ca.key          the authority: ca.crt is what data planes and sluicectl are given
//   server.crt, server.key  the listener's own certificate, unless the operator has one; made anew
//                           when its names change or its end is near
//
// Keys have the mode 0600.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/certificate_authority.h"
#include "common/wire/channel.h"

namespace sluice::controlplane {

struct TlsOptions {
  bool on = false;                 // also on loopback
  std::string certificate_file;    // the operator's own, with its chain; PEM
  std::string key_file;            // its private key; both or none
  std::vector<std::string> names;  // further DNS names and IP addresses of the listener
};

struct TlsMaterial {
  crypto::CertificateAuthority authority;
  wire::ServerIdentity server;
  std::string server_authority;  // PEM; empty if the operator's own certificate is used
};

// `folder` must exist. `listen_host`: as --listen has it. An error names the file and says what to
// do.
absl::StatusOr<TlsMaterial> LoadOrMakeTls(const std::string& folder, const std::string& listen_host,
                                          const TlsOptions& options, absl::Time now);

}  // namespace sluice::controlplane
