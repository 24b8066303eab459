#include "dataplane/guard/rate_gate.h"

#include <algorithm>

namespace sluice::guard {
namespace {

int64_t NanosOf(RateGate::Time time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

}  // namespace

std::chrono::nanoseconds RateGate::Pass(const RateTerms& terms, Time now) {
  const int64_t nanos = NanosOf(now);
  const int64_t spacing = terms.spacing.count();
  const int64_t ahead = (terms.burst - 1) * spacing;
  int64_t due = due_.load(std::memory_order_relaxed);
  while (true) {
    const int64_t from = std::max(due, nanos);
    if (from - ahead > nanos) return std::chrono::nanoseconds(from - ahead - nanos);
    if (due_.compare_exchange_weak(due, from + spacing, std::memory_order_relaxed)) {
      return std::chrono::nanoseconds(0);
    }
  }
}

void RateGate::Adopt(const RateTerms& terms, Time now) {
  const int64_t most = NanosOf(now) + terms.burst * terms.spacing.count();
  int64_t due = due_.load(std::memory_order_relaxed);
  while (due > most && !due_.compare_exchange_weak(due, most, std::memory_order_relaxed)) {
  }
}

}  // namespace sluice::guard
