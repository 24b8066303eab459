// Private keys of TLS, on the curve P-256, as PEM; and the request for a certificate made with one.
// Pure but for the random generator; any thread.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/secret.h"

namespace sluice::crypto {

// PKCS #8.
base::Secret MakePrivateKey();

// PKCS #10 in DER, without a subject: who it is for is known from elsewhere. InvalidArgument for
// what is no private key.
absl::StatusOr<std::string> MakeCertificateRequest(const base::Secret& private_key);

// Whether `private_key` is the one of the first certificate in `certificate`, both PEM.
// InvalidArgument says which of them is unreadable, or that they do not belong together.
absl::Status CheckKeyFits(const base::Secret& private_key, std::string_view certificate);

}  // namespace sluice::crypto
