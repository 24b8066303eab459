#include "dataplane/config/snapshot.h"

#include <algorithm>
#include <functional>

namespace sluice::config {

bool ClientKeyEntry::MayUse(std::string_view provider) const {
  return providers.empty() ||
         std::binary_search(providers.begin(), providers.end(), provider, std::less<>());
}

const ProviderEntry* Snapshot::FindProvider(std::string_view name) const {
  const auto found = providers_by_name_.find(name);
  return found == providers_by_name_.end() ? nullptr : found->second;
}

const ClientKeyEntry* Snapshot::FindClientKey(const crypto::Sha256Digest& digest) const {
  const auto found = client_keys_.find(digest);
  return found == client_keys_.end() ? nullptr : &found->second;
}

}  // namespace sluice::config
