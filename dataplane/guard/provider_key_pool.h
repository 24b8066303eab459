// Lends one of a provider's keys to each request. Outlives snapshots, so a push does not restart
// the rotation. Atomics only; any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace sluice::guard {

class ProviderKeyPool {
 public:
  // An index below `count` (at least 1), evenly spread.
  size_t Lend(size_t count) { return next_.fetch_add(1, std::memory_order_relaxed) % count; }

 private:
  std::atomic<uint64_t> next_{0};
};

}  // namespace sluice::guard
