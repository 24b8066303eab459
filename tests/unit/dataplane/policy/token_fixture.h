// A gateway that trusts an issuer of tokens, and tokens for it.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "dataplane/policy/bearer.h"
#include "tests/support/token_signer.h"
#include "tests/unit/dataplane/policy/policy_fixture.h"

namespace sluice::policy {

using config::TokenVerdict;
using nlohmann::json;
using test::TokenSigner;

inline constexpr char kSecret[] = "a secret of at least thirty-two bytes";

// Made once: keys of RSA take their time.
inline const TokenSigner& Rsa() {
  static const auto* const signer = new TokenSigner(TokenSigner::Rsa());
  return *signer;
}

class TokenFixture : public testing::Test {
 protected:
  TokenFixture() {
    gateway_.AddProvider("openai", "openai");
    gateway_.AddProvider("anthropic", "anthropic");
    gateway_.AddProvider("gemini", "gemini");
    auto& entry = *gateway_.configuration().add_jwt_issuers();
    auto& issuer = *entry.mutable_issuer();
    issuer.set_name("corp");
    issuer.set_issuer("https://id.example.com");
    issuer.add_audiences("sluice");
    issuer.add_audiences("gateway");
    issuer.set_jwks(test::JwksOf({Rsa().Jwk("r"), ec_.Jwk("e"), ed_.Jwk("d")}));
  }

  config::v1::JwtIssuer& rules() {
    return *gateway_.configuration().mutable_jwt_issuers(0)->mutable_issuer();
  }
  void TakeHs256() {
    for (const auto algorithm : {config::v1::JWT_ALGORITHM_RS256, config::v1::JWT_ALGORITHM_ES256,
                                 config::v1::JWT_ALGORITHM_HS256}) {
      rules().add_algorithms(algorithm);
    }
    gateway_.configuration().mutable_jwt_issuers(0)->set_hs256_secret(kSecret);
  }

  static json Claims() {
    return {{"iss", "https://id.example.com"},
            {"aud", "sluice"},
            {"sub", "alice"},
            {"exp", absl::ToUnixSeconds(kNow) + 60}};
  }
  static json Claims(const char* name, json value) {
    json claims = Claims();
    claims[name] = std::move(value);
    return claims;
  }
  static json Without(const char* name) {
    json claims = Claims();
    claims.erase(name);
    return claims;
  }

  TokenVerdict Verdict(const std::string& token, absl::Time now = kNow) {
    const auto snapshot = gateway_.Build();
    const auto verified = VerifyToken(snapshot->token_issuers(), token, now);
    const auto* failed = std::get_if<TokenVerdict>(&verified);
    return failed == nullptr ? TokenVerdict::kGood : *failed;
  }
  TokenVerdict OfClaims(const json& claims, absl::Time now = kNow) {
    return Verdict(ec_.Token(claims), now);
  }
  TokenVerdict OfHeader(const json& header) { return Verdict(ec_.Token(Claims(), header)); }
  // The bearer of a token that is good; null otherwise.
  config::TokenMemory::Bearer Of(const json& claims) {
    const auto snapshot = gateway_.Build();
    const auto verified = VerifyToken(snapshot->token_issuers(), ec_.Token(claims), kNow);
    const auto* good = std::get_if<VerifiedToken>(&verified);
    return good == nullptr ? nullptr : good->bearer;
  }

  Gateway gateway_;
  const TokenSigner ec_ = TokenSigner::P256();
  const TokenSigner ed_ = TokenSigner::Ed25519();
};

}  // namespace sluice::policy
