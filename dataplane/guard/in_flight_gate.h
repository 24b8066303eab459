// How many are under way at once. Outlives snapshots; atomics only, any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

namespace sluice::guard {

class InFlightGate {
 public:
  static constexpr int32_t kNoLimit = std::numeric_limits<int32_t>::max();

  // False, and nothing is counted, if `limit` are under way. Each true has one Leave.
  bool Enter(int32_t limit) {
    if (count_.fetch_add(1, std::memory_order_relaxed) < limit) return true;
    Leave();
    return false;
  }
  void Leave() { count_.fetch_sub(1, std::memory_order_relaxed); }
  int32_t count() const { return count_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int32_t> count_{0};
};

}  // namespace sluice::guard
