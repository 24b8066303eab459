#include "dataplane/config/client_key_builder.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

namespace sluice::config {
namespace {

std::optional<crypto::Sha256Digest> DigestOf(const v1::ClientKeyEntry& key) {
  crypto::Sha256Digest digest{};
  // The checker has made sure of the 32 bytes; a digest of another size could match nothing.
  if (key.sha256().size() != digest.size()) return std::nullopt;
  std::memcpy(digest.data(), key.sha256().data(), digest.size());
  return digest;
}

std::shared_ptr<const ClientKeyTerms> TermsOf(const v1::ClientKey& key) {
  if (key.methods().empty() && key.endpoints().empty() && key.models().empty() &&
      !key.has_limits() && !key.has_budget()) {
    return nullptr;
  }
  auto terms = std::make_shared<ClientKeyTerms>();
  terms->methods.assign(key.methods().begin(), key.methods().end());
  terms->endpoints.assign(key.endpoints().begin(), key.endpoints().end());
  terms->models.assign(key.models().begin(), key.models().end());
  SetLimits(key.limits(), terms.get());
  if (key.has_budget()) SetBudget(key.budget(), terms.get());
  return terms;
}

ClientKeyEntry EntryOf(const v1::ClientKey& key) {
  ClientKeyEntry entry{.id = key.id(),
                       .name = key.name(),
                       .enabled = !key.has_enabled() || key.enabled(),
                       .providers = {key.providers().begin(), key.providers().end()},
                       .terms = TermsOf(key),
                       .guard = nullptr};
  std::sort(entry.providers.begin(), entry.providers.end());
  if (key.has_expires_at()) {
    entry.expires_at = absl::FromUnixSeconds(key.expires_at().seconds()) +
                       absl::Nanoseconds(key.expires_at().nanos());
  }
  return entry;
}

}  // namespace

void ClientKeyBuilder::Remove(const v1::ClientKeyEntry& key) {
  const auto digest = DigestOf(key);
  if (digest.has_value()) draft_.Erase(*digest);
}

bool ClientKeyBuilder::Add(const v1::ClientKeyEntry& key) {
  const auto digest = DigestOf(key);
  if (!digest.has_value()) return true;
  const ClientKeyEntry* former = former_.Find(*digest);
  if (key.key().has_revoked_at()) {
    if (key.key().cut_streams() && former != nullptr) cuts_.push_back(former->guard);
    return true;
  }
  ClientKeyEntry entry = EntryOf(key.key());
  entry.guard = former == nullptr ? std::make_shared<guard::ClientKeyGuard>() : former->guard;
  if (former != nullptr) AdoptLimits(former->terms.get(), entry.terms.get(), *entry.guard);
  return draft_.Insert(*digest, std::move(entry));
}

}  // namespace sluice::config
