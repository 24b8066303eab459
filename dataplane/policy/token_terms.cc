#include "dataplane/policy/token_terms.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "common/base/text.h"
#include "common/wire/field_text.h"

namespace sluice::policy {
namespace {

using config::ClientKeyEntry;
using config::ClientKeyTerms;
using config::TokenIssuer;
using config::TokenMemory;
using nlohmann::json;

constexpr size_t kMaxWords = 1024;
constexpr size_t kMaxSubjectBytes = 1024;
constexpr size_t kShownSubjectBytes = 8;  // of its digest: enough to tell them apart

// No provider has it.
constexpr char kNoProvider[] = "";

using Words = std::vector<std::string>;

// A list of strings, or one string of words between spaces. False for another shape; nothing in
// `words` if there is no such claim, or nobody wants it.
bool ReadWords(const json& claims, const std::string& name, std::optional<Words>* words) {
  if (name.empty()) return true;
  const auto claim = claims.find(name);
  if (claim == claims.end()) return true;
  words->emplace();
  if (claim->is_string()) {
    **words = absl::StrSplit(claim->get_ref<const std::string&>(), ' ', absl::SkipEmpty());
  } else if (claim->is_array()) {
    for (const json& word : *claim) {
      if (!word.is_string()) return false;
      (*words)->push_back(word.get_ref<const std::string&>());
    }
  } else {
    return false;
  }
  return (*words)->size() <= kMaxWords;
}

bool ReadGlobs(const json& claims, const std::string& name, std::optional<Words>* globs) {
  return ReadWords(claims, name, globs) &&
         (!globs->has_value() || std::all_of((*globs)->begin(), (*globs)->end(), wire::IsGlobText));
}

// Nothing in `number` if there is no such claim, or nobody wants it.
bool ReadNumber(const json& claims, const std::string& name, std::optional<int64_t>* number) {
  if (name.empty()) return true;
  const auto claim = claims.find(name);
  if (claim == claims.end()) return true;
  if (!claim->is_number_integer()) return false;
  if (claim->is_number_unsigned()) {
    *number = static_cast<int64_t>(
        std::min<uint64_t>(claim->get<uint64_t>(), std::numeric_limits<int64_t>::max()));
  } else {
    *number = claim->get<int64_t>();
  }
  return **number >= 1;
}

void Lower(std::optional<int64_t> to, config::v1::RateLimit* rate) {
  if (!to.has_value() || *to >= rate->amount()) return;
  rate->set_amount(*to);
  if (rate->has_burst() && rate->burst() > *to) rate->set_burst(*to);
}

// The issuer's limits, lowered. False if a claim has another shape.
bool ReadLimits(const TokenIssuer& issuer, const json& claims, ClientKeyTerms* terms) {
  config::v1::ClientKeyLimits limits = issuer.rules.limits();
  std::optional<int64_t> requests, tokens, concurrent;
  if (!ReadNumber(claims, issuer.rules.requests_claim(), &requests) ||
      !ReadNumber(claims, issuer.rules.tokens_claim(), &tokens) ||
      !ReadNumber(claims, issuer.rules.concurrent_claim(), &concurrent)) {
    return false;
  }
  if (limits.has_requests()) Lower(requests, limits.mutable_requests());
  if (limits.has_tokens()) Lower(tokens, limits.mutable_tokens());
  if (limits.has_concurrent() && concurrent.value_or(limits.concurrent()) < limits.concurrent()) {
    limits.set_concurrent(static_cast<int32_t>(*concurrent));
  }
  config::SetLimits(limits, terms);
  return true;
}

std::shared_ptr<const ClientKeyTerms> TermsOf(const TokenIssuer& issuer, const json& claims) {
  auto terms = std::make_shared<ClientKeyTerms>();
  const auto& rules = issuer.rules;
  terms->methods.assign(rules.methods().begin(), rules.methods().end());
  terms->endpoints.assign(rules.endpoints().begin(), rules.endpoints().end());
  terms->models.assign(rules.models().begin(), rules.models().end());
  const bool read = ReadGlobs(claims, rules.endpoints_claim(), &terms->claimed_endpoints) &&
                    ReadGlobs(claims, rules.models_claim(), &terms->claimed_models) &&
                    ReadLimits(issuer, claims, terms.get());
  return read ? terms : nullptr;
}

// Sorted. False if the claim has another shape.
bool ReadProviders(const TokenIssuer& issuer, const json& claims, Words* providers) {
  std::optional<Words> claimed;
  if (!ReadWords(claims, issuer.rules.providers_claim(), &claimed)) return false;
  const auto& allowed = issuer.rules.providers();
  if (!claimed.has_value()) {
    providers->assign(allowed.begin(), allowed.end());
  } else {
    std::copy_if(claimed->begin(), claimed->end(), std::back_inserter(*providers),
                 [&](const std::string& name) {
                   return allowed.empty() ||
                          std::find(allowed.begin(), allowed.end(), name) != allowed.end();
                 });
    // An empty list would be all of them.
    if (providers->empty()) providers->emplace_back(kNoProvider);
  }
  std::sort(providers->begin(), providers->end());
  return true;
}

const std::string* SubjectOf(const TokenIssuer& issuer, const json& claims) {
  const auto claim = claims.find(issuer.rules.subject_claim());
  const auto* subject = claim == claims.end() ? nullptr : claim->get_ptr<const std::string*>();
  const bool usable =
      subject != nullptr && !subject->empty() && subject->size() <= kMaxSubjectBytes;
  return usable ? subject : nullptr;
}

}  // namespace

TokenMemory::Bearer BearerOf(const TokenIssuer& issuer, const json& claims, absl::Time end,
                             TokenMemory& memory) {
  const std::string* subject = SubjectOf(issuer, claims);
  if (subject == nullptr) return nullptr;
  auto bearer = std::make_shared<ClientKeyEntry>();
  if (!ReadProviders(issuer, claims, &bearer->providers)) return nullptr;
  bearer->terms = TermsOf(issuer, claims);
  if (bearer->terms == nullptr) return nullptr;
  // A name has no line end.
  const crypto::Sha256Digest digest =
      crypto::Sha256(base::Cat(issuer.rules.name(), "\n", *subject));
  const std::string_view bytes(reinterpret_cast<const char*>(digest.data()), kShownSubjectBytes);
  bearer->name = issuer.rules.name();
  bearer->id = base::Cat(issuer.rules.name(), ":", absl::BytesToHexString(base::ToAbsl(bytes)));
  bearer->is_token = true;
  bearer->expires_at = end;
  bearer->guard = memory.GuardOf(digest, bearer->terms);
  return bearer;
}

}  // namespace sluice::policy
