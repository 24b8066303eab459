#include "dataplane/config/token_issuers.h"

#include <algorithm>
#include <utility>

#include "common/base/secret.h"
#include "common/base/text.h"
#include "common/wire/canonical.h"

namespace sluice::config {
namespace {

constexpr absl::Duration kDefaultLeeway = absl::Seconds(30);
constexpr char kDefaultSubjectClaim[] = "sub";

crypto::Sha256Digest DigestOf(const v1::JwtIssuerEntry& entry) {
  return crypto::Sha256(base::Secret(wire::SerializeCanonical(entry)).Reveal());
}

std::vector<wire::JwksKey> KeysOf(const v1::JwtIssuerEntry& entry) {
  const auto algorithms = wire::AlgorithmsOf(entry.issuer());
  const auto taken = [&](crypto::JwsAlgorithm algorithm) {
    return std::find(algorithms.begin(), algorithms.end(), algorithm) != algorithms.end();
  };
  std::vector<wire::JwksKey> keys;
  // Checked: what is empty here is the set of an issuer that signs with its secret alone.
  auto parsed = wire::ParseJwks(entry.issuer().jwks());
  if (parsed.ok()) {
    for (wire::JwksKey& key : *parsed) {
      if (taken(key.key.algorithm())) keys.push_back(std::move(key));
    }
  }
  if (taken(crypto::JwsAlgorithm::kHs256)) {
    keys.push_back(
        {std::nullopt, crypto::JwsKey::Hmac(base::Secret(std::string_view(entry.hs256_secret())))});
  }
  return keys;
}

TokenIssuers::Issuer Build(const v1::JwtIssuerEntry& entry, const crypto::Sha256Digest& digest) {
  auto issuer =
      std::make_shared<TokenIssuer>(TokenIssuer{entry.issuer(), KeysOf(entry), {}, digest});
  v1::JwtIssuer& rules = issuer->rules;
  issuer->leeway = rules.has_leeway() ? absl::Seconds(rules.leeway().seconds()) +
                                            absl::Nanoseconds(rules.leeway().nanos())
                                      : kDefaultLeeway;
  rules.clear_jwks();
  if (rules.subject_claim().empty()) rules.set_subject_claim(kDefaultSubjectClaim);
  return issuer;
}

}  // namespace

TokenIssuers::TokenIssuers(const v1::Configuration& configuration, const TokenIssuers& former)
    : memory_(former.memory_) {
  for (const v1::JwtIssuerEntry& entry : configuration.jwt_issuers()) {
    const v1::JwtIssuer& issuer = entry.issuer();
    if (issuer.has_enabled() && !issuer.enabled()) continue;
    const crypto::Sha256Digest digest = DigestOf(entry);
    Issuer known = former.Find(issuer.issuer());
    if (known == nullptr || known->digest != digest) known = Build(entry, digest);
    by_issuer_.emplace(issuer.issuer(), std::move(known));
    digests_.insert(digest);
  }
}

TokenIssuers::Issuer TokenIssuers::Find(std::string_view iss) const {
  const auto found = by_issuer_.find(base::ToAbsl(iss));
  return found == by_issuer_.end() ? nullptr : found->second;
}

}  // namespace sluice::config
