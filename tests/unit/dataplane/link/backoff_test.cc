#include "dataplane/link/backoff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace sluice::link {
namespace {

using std::chrono::milliseconds;

std::vector<milliseconds> Waits(Backoff& backoff, int count) {
  std::vector<milliseconds> waits;
  for (int i = 0; i < count; ++i) waits.push_back(backoff.Next());
  return waits;
}

// The longest of each position over many seeds.
std::vector<milliseconds> Ceilings(int count) {
  std::vector<milliseconds> highest(count);
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    Backoff backoff({}, seed);
    const auto waits = Waits(backoff, count);
    for (int i = 0; i < count; ++i) highest[i] = std::max(highest[i], waits[i]);
  }
  return highest;
}

TEST(Backoff, DoublesItsCeilingUpToTheLast) {
  const auto highest = Ceilings(10);
  milliseconds ceiling(250);
  for (const milliseconds wait : highest) {
    EXPECT_LE(wait, ceiling);
    EXPECT_GT(wait, ceiling * 9 / 10);
    ceiling = std::min(ceiling * 2, milliseconds(30'000));
  }
  EXPECT_EQ(ceiling, milliseconds(30'000));
}

TEST(Backoff, SpreadsOverTheWholeRange) {
  int low = 0;
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    Backoff backoff({}, seed);
    if (backoff.Next() < milliseconds(125)) ++low;
  }
  EXPECT_GT(low, 400);
  EXPECT_LT(low, 600);
}

TEST(Backoff, BeginsAnewAfterReset) {
  Backoff backoff({}, 1);
  Waits(backoff, 20);
  backoff.Reset();
  EXPECT_LE(backoff.Next(), milliseconds(250));
  EXPECT_LE(backoff.Next(), milliseconds(500));
}

TEST(Backoff, IsTheSameForTheSameSeed) {
  Backoff one({}, 7);
  Backoff same({}, 7);
  Backoff other({}, 8);
  const auto waits = Waits(one, 10);
  EXPECT_EQ(waits, Waits(same, 10));
  EXPECT_NE(waits, Waits(other, 10));
}

}  // namespace
}  // namespace sluice::link
