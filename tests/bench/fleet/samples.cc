#include "tests/bench/fleet/samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace sluice::bench {

void Samples::AddAll(const Samples& other) {
  milliseconds_.insert(milliseconds_.end(), other.milliseconds_.begin(), other.milliseconds_.end());
}

double Samples::Percentile(double percent) const {
  if (milliseconds_.empty()) return 0;
  std::vector<double> sorted = milliseconds_;
  std::sort(sorted.begin(), sorted.end());
  const double rank = std::ceil(percent / 100 * static_cast<double>(sorted.size()));
  return sorted[std::max<size_t>(1, static_cast<size_t>(rank)) - 1];
}

std::string Samples::Text() const {
  return fmt::format("p50 {:.1f}, p99 {:.1f}, max {:.1f} ms of {}", median(), Percentile(99), max(),
                     size());
}

}  // namespace sluice::bench
