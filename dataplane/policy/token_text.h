// The text of a JSON Web Token with a signature (RFC 7515, compact), taken apart. Strict: what
// could be read in two ways is no token. Nothing in it is believed yet.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "common/crypto/jws_key.h"

namespace sluice::policy {

struct TokenText {
  crypto::JwsAlgorithm algorithm;
  std::optional<std::string> kid;
  nlohmann::json claims;     // an object
  std::string_view signed_;  // of the text
  std::string signature;
};

// Three parts between dots of which the first may be an object, and not too long: whether it is
// worth taking apart.
bool LooksLikeToken(std::string_view text);

// Nothing for what is no such token: parts that are not base64url without padding, or no JSON
// object with each member once; an algorithm other than RS256, ES256, EdDSA and HS256, `none` above
// all; extensions that must be understood (`crit`), encryption or compression. Keys that a header
// brings along (`jwk`, `jku`, `x5c`, `x5u`) are not looked at.
std::optional<TokenText> ParseToken(std::string_view text);

}  // namespace sluice::policy
