#include "controlplane/publish/latency_bins.h"

#include <algorithm>
#include <cmath>

namespace sluice::publish {
namespace {

constexpr double kRatio = 1.12;
// Of one bin; so that sums of all do not overflow.
constexpr int64_t kMostCount = 10'000'000'000'000'000;

const std::array<int64_t, kLatencyBins>& Ends() {
  static const auto* const ends = [] {
    auto* made = new std::array<int64_t, kLatencyBins>;
    double end = 1;
    for (int64_t& one : *made) {
      // Rounded down: whole microseconds below the exact end are below this too.
      one = static_cast<int64_t>(std::floor(end));
      end *= kRatio;
    }
    return made;
  }();
  return *ends;
}

}  // namespace

int64_t LatencyBinEnd(size_t bin) { return Ends()[std::min(bin, kLatencyBins - 1)]; }

uint8_t LatencyBinOf(int64_t microseconds) {
  const auto& ends = Ends();
  const auto found = std::lower_bound(ends.begin(), ends.end(), microseconds);
  return static_cast<uint8_t>(found == ends.end() ? kLatencyBins - 1 : found - ends.begin());
}

bool LatencyBins::Add(int64_t microseconds, int64_t count, bool may_grow) {
  const uint8_t bin = LatencyBinOf(microseconds);
  const auto found = std::find_if(cells_.begin(), cells_.end(),
                                  [bin](const auto& cell) { return cell.first == bin; });
  if (found != cells_.end()) {
    found->second = std::min(found->second + std::min(count, kMostCount), kMostCount);
    return false;
  }
  if (may_grow) cells_.emplace_back(bin, std::min(count, kMostCount));
  return may_grow;
}

void LatencySum::Add(const LatencyBins& bins) {
  for (const auto& [bin, count] : bins.cells()) counts_[bin] += count;
}

int64_t LatencySum::Percentile(double q) const {
  int64_t all = 0;
  for (const int64_t count : counts_) all += count;
  if (all == 0) return 0;
  const auto rank =
      std::max<int64_t>(1, static_cast<int64_t>(std::ceil(q * static_cast<double>(all) - 1e-9)));
  int64_t seen = 0;
  for (size_t bin = 0; bin < kLatencyBins; ++bin) {
    seen += counts_[bin];
    if (seen >= rank) return LatencyBinEnd(bin);
  }
  return LatencyBinEnd(kLatencyBins - 1);
}

}  // namespace sluice::publish
