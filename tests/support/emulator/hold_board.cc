#include "tests/support/emulator/hold_board.h"

#include <utility>

namespace sluice::emulator {

bool HoldBoard::Wait(const std::string& name, std::function<void()> go) {
  absl::MutexLock lock(&mutex_);
  if (released_.count(name) > 0) return false;
  waiting_[name].push_back(std::move(go));
  return true;
}

size_t HoldBoard::Release(const std::string& name) {
  std::vector<std::function<void()>> waiting;
  {
    absl::MutexLock lock(&mutex_);
    released_.insert(name);
    waiting.swap(waiting_[name]);
    waiting_.erase(name);
  }
  for (const auto& go : waiting) go();
  return waiting.size();
}

void HoldBoard::Forget() {
  absl::MutexLock lock(&mutex_);
  released_.clear();
}

}  // namespace sluice::emulator
