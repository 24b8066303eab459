#include "dataplane/config/token_memory.h"

#include <utility>

namespace sluice::config {
namespace {

constexpr int kTries = 32;

// False if others hold it all the while.
bool TryBriefly(absl::Mutex& mutex) ABSL_EXCLUSIVE_TRYLOCK_FUNCTION(true, mutex) {
  for (int i = 0; i < kTries; ++i) {
    if (mutex.TryLock()) return true;
  }
  return false;
}

}  // namespace

std::string_view NameOf(TokenVerdict verdict) {
  switch (verdict) {
    case TokenVerdict::kGood:
      return "good";
    case TokenVerdict::kMalformed:
      return "malformed";
    case TokenVerdict::kUnknownIssuer:
      return "unknown_issuer";
    case TokenVerdict::kUnknownKey:
      return "unknown_key";
    case TokenVerdict::kBadSignature:
      return "bad_signature";
    case TokenVerdict::kOtherAudience:
      return "other_audience";
    case TokenVerdict::kExpired:
      return "expired";
    case TokenVerdict::kNotYet:
      return "not_yet_valid";
    case TokenVerdict::kBadClaims:
      return "bad_claims";
  }
  return "";
}

TokenMemory::TokenMemory() : shards_(std::make_unique<std::array<Shard, kShards>>()) {}

TokenMemory::Bearer TokenMemory::Find(const crypto::Sha256Digest& token,
                                      const TokenIssuers& issuers) {
  Shard& shard = ShardOf(token);
  if (!TryBriefly(shard.mutex)) return nullptr;
  const Verified* found = shard.tokens.Find(token);
  Verified verified = found == nullptr ? Verified{} : *found;
  shard.mutex.Unlock();
  if (verified.bearer == nullptr || !issuers.Has(verified.issuer)) return nullptr;
  return std::move(verified.bearer);
}

void TokenMemory::Remember(const crypto::Sha256Digest& token, const crypto::Sha256Digest& issuer,
                           Bearer bearer) {
  Shard& shard = ShardOf(token);
  if (!TryBriefly(shard.mutex)) return;
  shard.tokens.Put(token, {issuer, std::move(bearer)}, [](const Verified&) { return false; });
  shard.mutex.Unlock();
}

std::shared_ptr<guard::ClientKeyGuard> TokenMemory::GuardOf(
    const crypto::Sha256Digest& subject, std::shared_ptr<const ClientKeyTerms> terms) {
  Shard& shard = ShardOf(subject);
  absl::MutexLock lock(&shard.mutex);
  if (Subject* known = shard.subjects.Find(subject); known != nullptr) {
    AdoptLimits(known->terms.get(), terms.get(), *known->guard);
    known->terms = std::move(terms);
    return known->guard;
  }
  auto guard = std::make_shared<guard::ClientKeyGuard>();
  shard.subjects.Put(subject, {guard, std::move(terms)},
                     [](const Subject& one) { return one.guard.use_count() > 1; });
  return guard;
}

size_t TokenMemory::tokens() const {
  size_t count = 0;
  for (const Shard& shard : *shards_) {
    absl::MutexLock lock(&shard.mutex);
    count += shard.tokens.size();
  }
  return count;
}

size_t TokenMemory::subjects() const {
  size_t count = 0;
  for (const Shard& shard : *shards_) {
    absl::MutexLock lock(&shard.mutex);
    count += shard.subjects.size();
  }
  return count;
}

}  // namespace sluice::config
