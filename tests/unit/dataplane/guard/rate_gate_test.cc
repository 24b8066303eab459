#include "dataplane/guard/rate_gate.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace sluice::guard {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// Any beginning will do.
const RateGate::Time kStart{std::chrono::hours(1000)};

int PassesAt(RateGate& gate, const RateTerms& terms, RateGate::Time now) {
  int passed = 0;
  while (gate.Pass(terms, now).count() == 0) ++passed;
  return passed;
}

TEST(RateGateTest, LetsABurstThroughThenOneEachSpacing) {
  RateGate gate;
  const RateTerms terms{milliseconds(100), 5};
  EXPECT_EQ(PassesAt(gate, terms, kStart), 5);
  EXPECT_EQ(PassesAt(gate, terms, kStart + milliseconds(99)), 0);
  EXPECT_EQ(PassesAt(gate, terms, kStart + milliseconds(100)), 1);
  EXPECT_EQ(PassesAt(gate, terms, kStart + milliseconds(350)), 2);
  EXPECT_EQ(PassesAt(gate, terms, kStart + seconds(3600)), 5);
}

TEST(RateGateTest, SaysExactlyHowLongToWait) {
  RateGate gate;
  const RateTerms terms{milliseconds(100), 1};
  EXPECT_EQ(gate.Pass(terms, kStart), nanoseconds(0));
  EXPECT_EQ(gate.Pass(terms, kStart), milliseconds(100));
  EXPECT_EQ(gate.Pass(terms, kStart + milliseconds(30)), milliseconds(70));
  // Asking costs nothing.
  EXPECT_EQ(gate.Pass(terms, kStart + milliseconds(100)), nanoseconds(0));
}

TEST(RateGateTest, NewTermsCountAtOnceAndForgetNothing) {
  RateGate gate;
  EXPECT_EQ(PassesAt(gate, {seconds(60), 10}, kStart), 10);
  // Ten minutes ahead under the old terms; under these at most their own spacing.
  gate.Adopt({milliseconds(10), 1}, kStart);
  EXPECT_EQ(gate.Pass({milliseconds(10), 1}, kStart), milliseconds(10));
  EXPECT_EQ(PassesAt(gate, {milliseconds(10), 1}, kStart + milliseconds(10)), 1);
  EXPECT_EQ(PassesAt(gate, {seconds(60), 1}, kStart + milliseconds(11)), 0);
}

TEST(RateGateTest, ManyThreadsTogetherGetWhatOneWould) {
  RateGate gate;
  const RateTerms terms{milliseconds(1), 50};
  std::atomic<int> passed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int at = 0; at < 1000; ++at) {
        if (gate.Pass(terms, kStart + milliseconds(at)).count() == 0) ++passed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  // 50 at the start and one each following millisecond, however the threads ran.
  EXPECT_LE(passed, 50 + 999);
  EXPECT_GE(passed, 999);
}

}  // namespace
}  // namespace sluice::guard
