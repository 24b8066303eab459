#include "dataplane/config/live_state.h"

#include <utility>

namespace sluice::config {

std::shared_ptr<guard::ProviderGuards> LiveState::GuardsOf(std::string_view provider) {
  absl::MutexLock lock(&mutex_);
  const auto found = guards_.find(provider);
  if (found != guards_.end()) return found->second;
  return guards_.emplace(provider, std::make_shared<guard::ProviderGuards>()).first->second;
}

std::shared_ptr<guard::ProviderKeyState> LiveState::KeyStateOf(std::string_view id,
                                                               std::string name,
                                                               int64_t generation) {
  absl::MutexLock lock(&mutex_);
  const auto found = keys_.find(id);
  if (found != keys_.end() && found->second->generation() == generation) return found->second;
  auto state = std::make_shared<guard::ProviderKeyState>(std::string(id), std::move(name),
                                                         generation, feed_);
  keys_.insert_or_assign(std::string(id), state);
  return state;
}

void LiveState::KeepOnly(const std::set<std::string_view>& providers,
                         const std::set<std::string_view>& keys) {
  absl::MutexLock lock(&mutex_);
  std::erase_if(guards_, [&](const auto& entry) { return !providers.contains(entry.first); });
  std::erase_if(keys_, [&](const auto& entry) { return !keys.contains(entry.first); });
}

std::shared_ptr<guard::ProviderKeyState> LiveState::FindKeyState(std::string_view id) const {
  absl::MutexLock lock(&mutex_);
  const auto found = keys_.find(id);
  return found == keys_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<guard::ProviderKeyState>> LiveState::KeyStates() const {
  absl::MutexLock lock(&mutex_);
  std::vector<std::shared_ptr<guard::ProviderKeyState>> states;
  states.reserve(keys_.size());
  for (const auto& [id, state] : keys_) states.push_back(state);
  return states;
}

std::vector<std::pair<std::string, std::shared_ptr<guard::ProviderGuards>>> LiveState::Guards()
    const {
  absl::MutexLock lock(&mutex_);
  return {guards_.begin(), guards_.end()};
}

size_t LiveState::size() const {
  absl::MutexLock lock(&mutex_);
  return guards_.size();
}

}  // namespace sluice::config
