// A small authority of certificates: its own self-signed one, and those that it signs for servers
// and for nodes. All keys are on the curve P-256. Immutable; any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/secret.h"

namespace sluice::crypto {

class CertificateAuthority {
 public:
  // A certificate is valid from so long before it is issued: for clocks that are late.
  static constexpr absl::Duration kClockTolerance = absl::Hours(1);

  // With a key of its own.
  static CertificateAuthority Create(absl::Time now, absl::Duration lifetime);
  // Both PEM. InvalidArgument says what is wrong with them.
  static absl::StatusOr<CertificateAuthority> Load(std::string certificate,
                                                   base::Secret private_key);

  CertificateAuthority(CertificateAuthority&&) noexcept;
  CertificateAuthority& operator=(CertificateAuthority&&) noexcept;
  ~CertificateAuthority();

  const std::string& certificate() const { return certificate_; }  // PEM
  const base::Secret& private_key() const { return private_key_; }

  // For the key of `private_key` (PEM). `hosts`: DNS names and IP addresses.
  absl::StatusOr<std::string> IssueServer(const base::Secret& private_key,
                                          const std::vector<std::string>& hosts, absl::Time now,
                                          absl::Duration lifetime) const;
  // For the key of a PKCS #10 request (DER), of which nothing but the key is taken. `uri` becomes
  // the certificate's only name. InvalidArgument for a request that is damaged, that its own key
  // did not sign, or of another kind of key.
  absl::StatusOr<std::string> IssueClient(std::string_view request, const std::string& uri,
                                          absl::Time now, absl::Duration lifetime) const;

 private:
  struct Parsed;
  CertificateAuthority(std::string certificate, base::Secret private_key,
                       std::unique_ptr<Parsed> parsed);

  std::string certificate_;
  base::Secret private_key_;
  std::unique_ptr<Parsed> parsed_;
};

}  // namespace sluice::crypto
