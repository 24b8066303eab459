// How long something takes, as bins. Any thread, no lock.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace sluice::publish {

class LatencyHistogram {
 public:
  // Upper ends, in seconds; what takes longer than the last is in the bin beyond.
  static constexpr std::array<double, 14> kEnds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                   0.25,  0.5,    1,     2.5,  5,     10,   30};

  void Add(absl::Duration time) {
    const double seconds = std::max(0.0, absl::ToDoubleSeconds(time));
    const auto bin = std::lower_bound(kEnds.begin(), kEnds.end(), seconds) - kEnds.begin();
    bins_[static_cast<size_t>(bin)].fetch_add(1, std::memory_order_relaxed);
    micros_.fetch_add(static_cast<uint64_t>(seconds * 1e6), std::memory_order_relaxed);
  }
  // Of that bin alone; the last is the one beyond.
  uint64_t bin(size_t index) const { return bins_[index].load(std::memory_order_relaxed); }
  double seconds() const {
    return static_cast<double>(micros_.load(std::memory_order_relaxed)) / 1e6;
  }

 private:
  std::array<std::atomic<uint64_t>, kEnds.size() + 1> bins_{};
  std::atomic<uint64_t> micros_{0};
};

}  // namespace sluice::publish
