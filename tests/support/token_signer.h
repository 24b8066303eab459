// An issuer of JSON Web Tokens, as tests need one: makes a key, shows its public half as a JWK, and
// signs whatever it is given, nonsense included. One thread.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st;

namespace sluice::test {

class TokenSigner {
 public:
  static TokenSigner Rsa(int bits = 2048);
  static TokenSigner P256();
  static TokenSigner Ed25519();
  static TokenSigner Hmac(std::string secret);

  // "RS256", ...
  const std::string& algorithm() const { return algorithm_; }
  // The public key; no "kid" if that is empty. Not of Hmac.
  nlohmann::json Jwk(const std::string& kid = "") const;
  // In PEM, as an attacker has it. Not of Hmac.
  std::string PublicPem() const;

  // As a token carries it: ES256 as r and s.
  std::string Sign(std::string_view text) const;
  // With `header`, by default its algorithm alone, over `claims`, both as they are.
  std::string Token(const nlohmann::json& claims) const;
  std::string Token(const nlohmann::json& claims, const nlohmann::json& header) const;
  std::string TokenOfText(std::string_view claims, std::string_view header) const;

 private:
  TokenSigner(std::string algorithm, evp_pkey_st* key);

  std::string algorithm_;
  std::shared_ptr<evp_pkey_st> key_;
  std::string secret_;
};

std::string JwksOf(const std::vector<nlohmann::json>& keys);

}  // namespace sluice::test
