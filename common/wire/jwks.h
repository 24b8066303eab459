// JSON Web Key Sets (RFC 7517): the public keys of an issuer of tokens. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/crypto/jws_key.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::wire {

struct JwksKey {
  std::optional<std::string> kid;
  crypto::JwsKey key;
};

// The keys that signatures of RS256, ES256 and EdDSA can be verified with, in their order; others
// are passed over. InvalidArgument completes "jwks ": no set, more than 256 KiB or 64 keys, a key
// of such a type that is none, one that is private, two of the same kid and algorithm.
absl::StatusOr<std::vector<JwksKey>> ParseJwks(std::string_view text);

// What tokens of the issuer may be signed with: what it names, or what is taken otherwise.
std::vector<crypto::JwsAlgorithm> AlgorithmsOf(const config::v1::JwtIssuer& issuer);

}  // namespace sluice::wire
