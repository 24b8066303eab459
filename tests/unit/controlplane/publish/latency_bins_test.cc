#include "controlplane/publish/latency_bins.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace sluice::publish {
namespace {

TEST(LatencyBinsTest, AnEndIsNotBelowAndAtMostTwelvePercentAbove) {
  for (int64_t value = 1; value < 100'000'000'000; value += 1 + value / 37) {
    const int64_t end = LatencyBinEnd(LatencyBinOf(value));
    EXPECT_GE(end, value);
    EXPECT_LE(static_cast<double>(end), 1.12 * static_cast<double>(value)) << value;
  }
  EXPECT_EQ(LatencyBinOf(1), 0);
  EXPECT_EQ(LatencyBinOf(int64_t{1} << 62), kLatencyBins - 1) << "what is beyond is in the last";
}

TEST(LatencyBinsTest, PercentilesAreThoseOfTheValues) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 chance(seed);
  std::lognormal_distribution<double> times(11, 2);
  std::vector<int64_t> values;
  LatencyBins bins;
  for (int i = 0; i < 5000; ++i) {
    values.push_back(1 + static_cast<int64_t>(times(chance)));
    bins.Add(values.back(), 1, true);
  }
  std::sort(values.begin(), values.end());
  LatencySum sum;
  sum.Add(bins);
  for (const double q : {0.5, 0.95, 1.0}) {
    const int64_t exact = values[static_cast<size_t>(q * 5000) - 1];
    EXPECT_GE(sum.Percentile(q), exact) << q;
    EXPECT_LE(static_cast<double>(sum.Percentile(q)), 1.12 * static_cast<double>(exact)) << q;
  }
}

TEST(LatencyBinsTest, CountsOfSeveralAreAddedUp) {
  LatencyBins fast;
  EXPECT_TRUE(fast.Add(1000, 94, true));
  EXPECT_FALSE(fast.Add(1000, 1, true)) << "there is that bin";
  LatencyBins slow;
  slow.Add(1'000'000, 5, true);
  LatencySum sum;
  sum.Add(fast);
  sum.Add(slow);
  EXPECT_EQ(sum.Percentile(0.95), LatencyBinEnd(LatencyBinOf(1000)));
  EXPECT_EQ(sum.Percentile(0.951), LatencyBinEnd(LatencyBinOf(1'000'000)));
}

TEST(LatencyBinsTest, NothingIsNothing) { EXPECT_EQ(LatencySum().Percentile(0.5), 0); }

TEST(LatencyBinsTest, WithoutRoomOnlyBinsThatAreThereCount) {
  LatencyBins bins;
  bins.Add(1000, 1, true);
  EXPECT_FALSE(bins.Add(5000, 1, false));
  EXPECT_FALSE(bins.Add(1000, 1, false));
  ASSERT_EQ(bins.cells().size(), 1u);
  EXPECT_EQ(bins.cells()[0].second, 2);
}

}  // namespace
}  // namespace sluice::publish
