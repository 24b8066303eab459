// How many tokens may be used in a time, evenly over it after a burst. What a request uses is known
// when its answer has ended, so it is let in while anything is left, and spends afterwards,
// whatever that is: the debt is waited off. GCRA like RateGate, in one atomic. Outlives snapshots
// and their terms; any thread, no lock.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>

#include "dataplane/guard/rate_gate.h"

namespace sluice::guard {

class TokenGate {
 public:
  using Time = RateGate::Time;

  // Debts are waited off no longer than this.
  static constexpr std::chrono::hours kLongestDebt{24 * 366};

  // Zero: at least one token is left. Else the time after which one will be.
  std::chrono::nanoseconds Wait(const RateTerms& terms, Time now) const;
  // `tokens`: 0 or more, any number.
  void Spend(const RateTerms& terms, int64_t tokens, Time now);
  // For terms that are new: what was spent by others keeps nobody waiting longer than a burst of
  // these would.
  void Adopt(const RateTerms& terms, Time now);

 private:
  // When all that was spent would have come evenly, in nanoseconds of the clock.
  std::atomic<int64_t> due_{std::numeric_limits<int64_t>::min()};
};

}  // namespace sluice::guard
