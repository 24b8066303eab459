// CheckJwtIssuer and CheckJwtSecret of config_check.h.
#include <google/protobuf/duration.pb.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "common/base/text.h"
#include "common/wire/config_check.h"
#include "common/wire/field_text.h"
#include "common/wire/jwks.h"
#include "common/wire/key_parts.h"
#include "common/wire/label_check.h"
#include "common/wire/scope_check.h"
#include "common/wire/violation_list.h"

namespace sluice::wire {
namespace {

using config::v1::JwtIssuer;
using crypto::JwsAlgorithm;

constexpr size_t kMaxTextBytes = 1024;
constexpr size_t kMaxClaimBytes = 256;
constexpr int kMaxAudiences = 16;
constexpr int64_t kMaxLeewaySeconds = 600;
constexpr size_t kMinSecretBytes = 32;
constexpr size_t kMaxSecretBytes = 4096;

bool IsPlainText(std::string_view text) {
  return !text.empty() && text.size() <= kMaxTextBytes && !HasControl(text);
}

bool Takes(const JwtIssuer& issuer, JwsAlgorithm algorithm) {
  const auto algorithms = AlgorithmsOf(issuer);
  return std::find(algorithms.begin(), algorithms.end(), algorithm) != algorithms.end();
}

void CheckAudiences(const JwtIssuer& issuer, ViolationList* list) {
  if (issuer.audiences().empty() || issuer.audiences_size() > kMaxAudiences) {
    list->Add("audiences has ", issuer.audiences_size(), " entries, but must have 1 to ",
              kMaxAudiences);
    return;
  }
  std::set<std::string_view> seen;
  for (const std::string& audience : issuer.audiences()) {
    if (!IsPlainText(audience)) {
      list->Add("audiences has ", Quoted(audience),
                ", which is not 1 to 1024 bytes without control characters");
    } else if (!seen.insert(audience).second) {
      list->Add("audiences has ", Quoted(audience), " twice");
    }
  }
}

void CheckAlgorithms(const JwtIssuer& issuer, ViolationList* list) {
  std::set<int> seen;
  for (const int algorithm : issuer.algorithms()) {
    if (algorithm == config::v1::JWT_ALGORITHM_UNSPECIFIED ||
        !config::v1::JwtAlgorithm_IsValid(algorithm)) {
      list->Add("algorithms has ", algorithm, ", which this version does not know");
    } else if (!seen.insert(algorithm).second) {
      list->Add("algorithms has ",
                config::v1::JwtAlgorithm_Name(static_cast<config::v1::JwtAlgorithm>(algorithm)),
                " twice");
    }
  }
}

void CheckJwks(const JwtIssuer& issuer, ViolationList* list) {
  const auto algorithms = AlgorithmsOf(issuer);
  const bool only_secret = algorithms == std::vector<JwsAlgorithm>{JwsAlgorithm::kHs256};
  if (only_secret && issuer.jwks().empty()) return;
  const auto keys = ParseJwks(issuer.jwks());
  if (!keys.ok()) {
    list->Add("jwks ", base::ToStd(keys.status().message()));
    return;
  }
  const bool usable = std::any_of(keys->begin(), keys->end(), [&](const JwksKey& key) {
    return Takes(issuer, key.key.algorithm());
  });
  if (!usable && !only_secret) {
    list->Add("jwks has no key for signatures of one of the algorithms that are taken");
  }
}

void CheckLeeway(const JwtIssuer& issuer, ViolationList* list) {
  const auto& leeway = issuer.leeway();
  const bool whole = leeway.seconds() >= 0 && leeway.nanos() >= 0 && leeway.nanos() < 1'000'000'000;
  const bool short_enough = leeway.seconds() < kMaxLeewaySeconds ||
                            (leeway.seconds() == kMaxLeewaySeconds && leeway.nanos() == 0);
  if (!whole || !short_enough) list->Add("leeway must be 0 to 10m");
}

void CheckClaim(std::string_view field, const std::string& claim, ViolationList* list) {
  if (claim.size() > kMaxClaimBytes || HasControl(claim)) {
    list->Add(field, " is longer than 256 bytes or has a control character");
  }
}

void CheckLimitClaim(std::string_view field, const std::string& claim, std::string_view limit,
                     bool has_limit, ViolationList* list) {
  CheckClaim(field, claim, list);
  if (!claim.empty() && !has_limit) {
    list->Add(field, " is given without ", limit, ", which it lowers");
  }
}

void CheckClaims(const JwtIssuer& issuer, ViolationList* list) {
  CheckClaim("providers_claim", issuer.providers_claim(), list);
  CheckClaim("endpoints_claim", issuer.endpoints_claim(), list);
  CheckClaim("models_claim", issuer.models_claim(), list);
  CheckClaim("subject_claim", issuer.subject_claim(), list);
  const auto& limits = issuer.limits();
  CheckLimitClaim("requests_claim", issuer.requests_claim(), "limits.requests",
                  limits.has_requests(), list);
  CheckLimitClaim("tokens_claim", issuer.tokens_claim(), "limits.tokens", limits.has_tokens(),
                  list);
  CheckLimitClaim("concurrent_claim", issuer.concurrent_claim(), "limits.concurrent",
                  limits.has_concurrent(), list);
}

std::string ResourceOf(const JwtIssuer& issuer) {
  return base::Cat("jwt issuer ", Quoted(issuer.name()));
}

}  // namespace

std::vector<Violation> CheckJwtIssuer(const JwtIssuer& issuer) {
  ViolationList list(ResourceOf(issuer));
  CheckKeyName(issuer.name(), &list);
  if (!IsPlainText(issuer.issuer())) {
    list.Add("issuer ", Quoted(issuer.issuer()),
             " is not 1 to 1024 bytes without control characters");
  }
  CheckAudiences(issuer, &list);
  CheckAlgorithms(issuer, &list);
  CheckJwks(issuer, &list);
  CheckLeeway(issuer, &list);
  CheckProviderNames(issuer.providers(), &list);
  CheckMethods(issuer.methods(), &list);
  CheckGlobs("endpoints", issuer.endpoints(), &list);
  CheckGlobs("models", issuer.models(), &list);
  CheckLimits(issuer.limits(), &list);
  CheckClaims(issuer, &list);
  CheckTime("created_at", issuer.created_at(), &list);
  CheckLabels(issuer.labels(), &list);
  return std::move(list).Take();
}

// No sentence may show the secret, nor a piece of it.
std::vector<Violation> CheckJwtSecret(const JwtIssuer& issuer, std::string_view secret) {
  ViolationList list(ResourceOf(issuer));
  const bool needed = Takes(issuer, JwsAlgorithm::kHs256);
  if (!needed && !secret.empty()) {
    list.Add("there is a secret, but HS256, which it would be for, is not one of its algorithms");
  } else if (needed && secret.empty()) {
    list.Add("HS256 is one of its algorithms, and there is no secret for it");
  } else if (needed && (secret.size() < kMinSecretBytes || secret.size() > kMaxSecretBytes)) {
    list.Add("its secret has ", secret.size(), " bytes, but must have ", kMinSecretBytes, " to ",
             kMaxSecretBytes);
  }
  return std::move(list).Take();
}

}  // namespace sluice::wire
