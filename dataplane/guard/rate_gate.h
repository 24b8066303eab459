// How many may pass in a time, evenly over it after a burst: GCRA, the leaky bucket as a meter, in
// one atomic. Outlives snapshots and their terms; any thread, no lock.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>

namespace sluice::guard {

struct RateTerms {
  std::chrono::nanoseconds spacing;  // between two, once the burst is used up; more than 0
  int64_t burst = 1;                 // that may pass at once; at least 1

  bool operator==(const RateTerms&) const = default;
};

class RateGate {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // Zero: it passes, and is counted. Else the time after which one would.
  std::chrono::nanoseconds Pass(const RateTerms& terms, Time now);
  // For terms that are new: what stricter ones have left keeps nobody waiting longer than these
  // would.
  void Adopt(const RateTerms& terms, Time now);

 private:
  // When the next would come if all came evenly, in nanoseconds of the clock.
  std::atomic<int64_t> due_{std::numeric_limits<int64_t>::min()};
};

}  // namespace sluice::guard
