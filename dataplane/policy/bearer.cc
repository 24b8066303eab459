#include "dataplane/policy/bearer.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "dataplane/policy/token_terms.h"
#include "dataplane/policy/token_text.h"

namespace sluice::policy {
namespace {

using config::TokenIssuer;
using config::TokenMemory;
using config::TokenVerdict;
using nlohmann::json;

// Of a token that does not say which key it is signed with: a stranger's costs no more checks.
constexpr int kMostTries = 4;

config::TokenIssuers::Issuer IssuerOf(const config::TokenIssuers& issuers, const json& claims) {
  const auto iss = claims.find("iss");
  if (iss == claims.end() || !iss->is_string()) return nullptr;
  return issuers.Find(iss->get_ref<const std::string&>());
}

bool Fits(const wire::JwksKey& key, const TokenText& token) {
  if (key.key.algorithm() != token.algorithm) return false;
  // There is one secret, and it has no kid.
  if (token.algorithm == crypto::JwsAlgorithm::kHs256) return true;
  return !token.kid.has_value() || key.kid == token.kid;
}

TokenVerdict CheckSignature(const TokenIssuer& issuer, const TokenText& token) {
  int tries = 0;
  for (const wire::JwksKey& key : issuer.keys) {
    if (!Fits(key, token)) continue;
    if (++tries > kMostTries) break;
    if (key.key.Verifies(token.signed_, token.signature)) return TokenVerdict::kGood;
  }
  return tries == 0 ? TokenVerdict::kUnknownKey : TokenVerdict::kBadSignature;
}

bool IsMeant(const TokenIssuer& issuer, const json& claims) {
  const auto aud = claims.find("aud");
  if (aud == claims.end()) return false;
  const auto taken = [&](const json& one) {
    if (!one.is_string()) return false;
    const auto& audiences = issuer.rules.audiences();
    return std::find(audiences.begin(), audiences.end(), one.get_ref<const std::string&>()) !=
           audiences.end();
  };
  return aud->is_array() ? std::any_of(aud->begin(), aud->end(), taken) : taken(*aud);
}

// Seconds since 1970, perhaps with a fraction.
std::optional<absl::Time> TimeOf(const json& value) {
  if (!value.is_number()) return std::nullopt;
  const double seconds = value.get<double>();
  if (!std::isfinite(seconds)) return std::nullopt;
  return absl::UnixEpoch() + absl::Seconds(seconds);
}

// `end`: when it expires, leeway included.
TokenVerdict CheckTimes(const TokenIssuer& issuer, const json& claims, absl::Time now,
                        absl::Time* end) {
  const auto exp = claims.find("exp");
  const auto expires = exp == claims.end() ? std::nullopt : TimeOf(*exp);
  if (!expires.has_value()) return TokenVerdict::kBadClaims;
  *end = *expires + issuer.leeway;
  if (now >= *end) return TokenVerdict::kExpired;
  const auto nbf = claims.find("nbf");
  if (nbf == claims.end()) return TokenVerdict::kGood;
  const auto begins = TimeOf(*nbf);
  if (!begins.has_value()) return TokenVerdict::kBadClaims;
  return now < *begins - issuer.leeway ? TokenVerdict::kNotYet : TokenVerdict::kGood;
}

}  // namespace

std::variant<VerifiedToken, TokenVerdict> VerifyToken(const config::TokenIssuers& issuers,
                                                      std::string_view text, absl::Time now) {
  const auto token = ParseToken(text);
  if (!token.has_value()) return TokenVerdict::kMalformed;
  config::TokenIssuers::Issuer issuer = IssuerOf(issuers, token->claims);
  if (issuer == nullptr) return TokenVerdict::kUnknownIssuer;
  TokenVerdict verdict = CheckSignature(*issuer, *token);
  if (verdict != TokenVerdict::kGood) return verdict;
  if (!IsMeant(*issuer, token->claims)) return TokenVerdict::kOtherAudience;
  absl::Time end;
  verdict = CheckTimes(*issuer, token->claims, now, &end);
  if (verdict != TokenVerdict::kGood) return verdict;
  auto bearer = BearerOf(*issuer, token->claims, end, issuers.memory());
  if (bearer == nullptr) return TokenVerdict::kBadClaims;
  return VerifiedToken{std::move(issuer), std::move(bearer)};
}

TokenMemory::Bearer FindBearer(const config::TokenIssuers& issuers, std::string_view text,
                               const crypto::Sha256Digest& digest, absl::Time now) {
  if (issuers.empty()) return nullptr;
  TokenMemory& memory = issuers.memory();
  TokenMemory::Bearer known = memory.Find(digest, issuers);
  if (known != nullptr) {
    const bool good = now < known->expires_at;
    memory.Count(good ? TokenVerdict::kGood : TokenVerdict::kExpired);
    return good ? known : nullptr;
  }
  auto verified = VerifyToken(issuers, text, now);
  if (const auto* verdict = std::get_if<TokenVerdict>(&verified)) {
    memory.Count(*verdict);
    return nullptr;
  }
  auto& [issuer, bearer] = std::get<VerifiedToken>(verified);
  memory.Count(TokenVerdict::kGood);
  memory.Remember(digest, issuer->digest, bearer);
  return std::move(bearer);
}

}  // namespace sluice::policy
