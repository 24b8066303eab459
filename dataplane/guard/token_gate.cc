#include "dataplane/guard/token_gate.h"

#include <algorithm>

namespace sluice::guard {
namespace {

constexpr int64_t kMostAhead =
    std::chrono::duration_cast<std::chrono::nanoseconds>(TokenGate::kLongestDebt).count();

int64_t NanosOf(TokenGate::Time time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

// At most kMostAhead, whatever the factors.
int64_t Times(int64_t count, std::chrono::nanoseconds each) {
  return count > kMostAhead / each.count() ? kMostAhead : count * each.count();
}

}  // namespace

std::chrono::nanoseconds TokenGate::Wait(const RateTerms& terms, Time now) const {
  const int64_t nanos = NanosOf(now);
  const int64_t free_from =
      std::max(due_.load(std::memory_order_relaxed), nanos) - Times(terms.burst - 1, terms.spacing);
  return std::chrono::nanoseconds(std::max<int64_t>(0, free_from - nanos));
}

void TokenGate::Spend(const RateTerms& terms, int64_t tokens, Time now) {
  if (tokens <= 0) return;
  const int64_t nanos = NanosOf(now);
  const int64_t cost = Times(tokens, terms.spacing);
  int64_t due = due_.load(std::memory_order_relaxed);
  while (true) {
    const int64_t spent = std::min(std::max(due, nanos) + cost, nanos + kMostAhead);
    // A debt that another has made at the bound is not made shorter.
    if (spent <= due) return;
    if (due_.compare_exchange_weak(due, spent, std::memory_order_relaxed)) return;
  }
}

void TokenGate::Adopt(const RateTerms& terms, Time now) {
  const int64_t most = NanosOf(now) + Times(terms.burst, terms.spacing);
  int64_t due = due_.load(std::memory_order_relaxed);
  while (due > most && !due_.compare_exchange_weak(due, most, std::memory_order_relaxed)) {
  }
}

}  // namespace sluice::guard
