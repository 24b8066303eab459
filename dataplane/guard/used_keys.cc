#include "dataplane/guard/used_keys.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sluice::guard {

UsedKeys::~UsedKeys() {
  for (Node* node = noted_.load(); node != nullptr;) {
    std::unique_ptr<Node> ended(std::exchange(node, node->next));
  }
}

void UsedKeys::Note(ClientKeyGuard& key, const std::string& id, absl::Time now) {
  const uint32_t period = period_.load(std::memory_order_relaxed);
  if (key.noted.load(std::memory_order_relaxed) == period) return;
  if (key.noted.exchange(period, std::memory_order_relaxed) == period) return;
  auto node = std::make_unique<Node>(Node{{id, now}, noted_.load(std::memory_order_relaxed)});
  while (!noted_.compare_exchange_weak(node->next, node.get(), std::memory_order_release,
                                       std::memory_order_relaxed)) {
  }
  static_cast<void>(node.release());
}

std::vector<UsedKeys::Use> UsedKeys::Take(size_t most) {
  period_.fetch_add(1, std::memory_order_relaxed);
  for (Node* node = noted_.exchange(nullptr, std::memory_order_acquire); node != nullptr;) {
    const std::unique_ptr<Node> taken(std::exchange(node, node->next));
    left_.push_back(std::move(taken->use));
  }
  const size_t count = std::min(most, left_.size());
  std::vector<Use> uses(std::make_move_iterator(left_.begin()),
                        std::make_move_iterator(left_.begin() + static_cast<ptrdiff_t>(count)));
  left_.erase(left_.begin(), left_.begin() + static_cast<ptrdiff_t>(count));
  return uses;
}

}  // namespace sluice::guard
