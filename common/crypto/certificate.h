// What stands in a certificate, and whether it is to be believed. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sluice::crypto {

struct CertificateFacts {
  std::vector<std::string> uris;   // subject alternative names
  std::vector<std::string> hosts;  // likewise: DNS names, and IP addresses as text
  absl::Time not_before;
  absl::Time not_after;
  // To the microsecond, of a certificate that CertificateAuthority issued: its serial number says.
  absl::Time issued_at;
};

// InvalidArgument if `pem` does not begin with a certificate. Believes what it says.
absl::StatusOr<CertificateFacts> ReadCertificate(std::string_view pem);

// That of a TLS client, which `authority` itself signed, at `now`. Unauthenticated: a sentence that
// begins with "the certificate".
absl::StatusOr<CertificateFacts> CheckClientCertificate(std::string_view pem,
                                                        std::string_view authority, absl::Time now);

// Whether `authority` itself signed `pem`, whatever the time and purpose.
bool IsSignedBy(std::string_view pem, std::string_view authority);

}  // namespace sluice::crypto
