// A node's private key and its certificate, as they stand in the state folder: node_tls.key (mode
// 0600) and node.crt. The key never leaves the node. One thread.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/secret.h"

namespace sluice::link {

class NodeIdentity {
 public:
  // Takes what is there. Files that cannot be read or do not belong together are said in the log
  // and count as none. `state_dir` must exist.
  explicit NodeIdentity(std::string state_dir);

  bool has_certificate() const { return !certificate_.empty(); }
  const std::string& certificate() const { return certificate_; }  // PEM
  const base::Secret& private_key() const { return private_key_; }
  // Of the certificate.
  absl::Time issued_at() const { return issued_at_; }
  absl::Time expires_at() const { return expires_at_; }

  // A PKCS #10 request with the key there is, for a renewal: it must have a certificate.
  absl::StatusOr<std::string> RequestRenewal() const;
  absl::Status KeepRenewed(const std::string& certificate);

  // With a key that is new: what there is stays as it is until the certificate is kept.
  struct Newcomer {
    base::Secret private_key;
    std::string request;
  };
  static absl::StatusOr<Newcomer> MakeNewcomer();
  absl::Status Keep(Newcomer newcomer, const std::string& certificate);

 private:
  // Invalid for what is no certificate of that key.
  absl::Status Take(base::Secret private_key, const std::string& certificate);
  std::string KeyFile() const { return state_dir_ + "/node_tls.key"; }
  std::string CertificateFile() const { return state_dir_ + "/node.crt"; }

  const std::string state_dir_;
  std::string certificate_;
  base::Secret private_key_;
  absl::Time issued_at_;
  absl::Time expires_at_;
};

}  // namespace sluice::link
