// How long things took, counted in bins whose upper ends are 12 % apart, so that a percentile is at
// most that much too high. Only the bins that hold something take room. Pure, one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace sluice::publish {

inline constexpr size_t kLatencyBins = 256;  // the last: from 39 days on

// Upper end of a bin, microseconds.
int64_t LatencyBinEnd(size_t bin);
// The first bin whose end is not below.
uint8_t LatencyBinOf(int64_t microseconds);

class LatencyBins {
 public:
  // True if this was the first of its bin. Without `may_grow` nothing is counted then.
  bool Add(int64_t microseconds, int64_t count, bool may_grow);

  using Cells = std::vector<std::pair<uint8_t, int64_t>>;  // by bin; not in order
  const Cells& cells() const { return cells_; }

 private:
  Cells cells_;
};

// The sum of several.
class LatencySum {
 public:
  void Add(const LatencyBins& bins);
  // End of the bin in which the share `q` (0 to 1) is reached; 0: nothing was counted.
  int64_t Percentile(double q) const;

 private:
  std::array<int64_t, kLatencyBins> counts_{};
};

}  // namespace sluice::publish
