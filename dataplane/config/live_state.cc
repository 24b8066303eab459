#include "dataplane/config/live_state.h"

namespace sluice::config {

std::shared_ptr<guard::ProviderKeyPool> LiveState::PoolOf(std::string_view provider) {
  const auto found = pools_.find(provider);
  if (found != pools_.end()) return found->second;
  return pools_.emplace(provider, std::make_shared<guard::ProviderKeyPool>()).first->second;
}

void LiveState::KeepOnly(const std::set<std::string_view>& providers) {
  std::erase_if(pools_, [&](const auto& entry) { return !providers.contains(entry.first); });
}

}  // namespace sluice::config
