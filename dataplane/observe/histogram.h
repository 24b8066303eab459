// A histogram of times that one thread writes and any thread reads: relaxed atomics, a plain load
// and store each. A reader sees each number as of about now, not all of one instant.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace sluice::observe {

// Upper bounds in microseconds, ascending; what is above the last has a bucket of its own.
inline constexpr std::array<int64_t, 15> kRequestBounds = {
    5'000,     10'000,    25'000,     50'000,     100'000,    250'000,     500'000,    1'000'000,
    2'500'000, 5'000'000, 10'000'000, 30'000'000, 60'000'000, 120'000'000, 300'000'000};
inline constexpr std::array<int64_t, 10> kGatewayBounds = {10,  25,    50,    100,    250,
                                                           500, 1'000, 5'000, 25'000, 100'000};

template <size_t kBounds>
struct HistogramTotals {
  std::array<uint64_t, kBounds + 1> counts{};  // by bucket, each for itself
  uint64_t sum_us = 0;

  HistogramTotals& operator+=(const HistogramTotals& other) {
    for (size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i];
    sum_us += other.sum_us;
    return *this;
  }
};

template <const auto& bounds>
class Histogram {
 public:
  using Totals = HistogramTotals<bounds.size()>;

  void Add(int64_t us) {
    size_t bucket = 0;
    while (bucket < bounds.size() && us > bounds[bucket]) ++bucket;
    Raise(counts_[bucket], 1);
    Raise(sum_us_, us > 0 ? static_cast<uint64_t>(us) : 0);
  }
  Totals Read() const {
    Totals totals;
    for (size_t i = 0; i < counts_.size(); ++i) {
      totals.counts[i] = counts_[i].load(std::memory_order_relaxed);
    }
    totals.sum_us = sum_us_.load(std::memory_order_relaxed);
    return totals;
  }

 private:
  static void Raise(std::atomic<uint64_t>& counter, uint64_t by) {
    counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  std::array<std::atomic<uint64_t>, bounds.size() + 1> counts_{};
  std::atomic<uint64_t> sum_us_{0};
};

using RequestTimesHistogram = Histogram<kRequestBounds>;
using GatewayTimesHistogram = Histogram<kGatewayBounds>;

}  // namespace sluice::observe
