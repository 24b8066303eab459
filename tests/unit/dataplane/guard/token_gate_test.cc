#include "dataplane/guard/token_gate.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace sluice::guard {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// Any beginning will do.
const TokenGate::Time kStart{hours(1000)};
// 1000 tokens in 10 s, all of them at once.
constexpr RateTerms kTerms{milliseconds(10), 1000};

TEST(TokenGateTest, LetsInWhileOneIsLeft) {
  TokenGate gate;
  EXPECT_EQ(gate.Wait(kTerms, kStart), nanoseconds(0));
  gate.Spend(kTerms, 999, kStart);
  EXPECT_EQ(gate.Wait(kTerms, kStart), nanoseconds(0));
  gate.Spend(kTerms, 1, kStart);
  EXPECT_EQ(gate.Wait(kTerms, kStart), milliseconds(10));
  // Asking costs nothing.
  EXPECT_EQ(gate.Wait(kTerms, kStart + milliseconds(4)), milliseconds(6));
  EXPECT_EQ(gate.Wait(kTerms, kStart + milliseconds(10)), nanoseconds(0));
}

TEST(TokenGateTest, ADebtIsWaitedOff) {
  TokenGate gate;
  gate.Spend(kTerms, 5000, kStart);
  EXPECT_EQ(gate.Wait(kTerms, kStart), seconds(40) + milliseconds(10));
  gate.Spend(kTerms, 100, kStart + seconds(1));
  EXPECT_EQ(gate.Wait(kTerms, kStart + seconds(1)), seconds(40) + milliseconds(10));
  EXPECT_EQ(gate.Wait(kTerms, kStart + seconds(42)), nanoseconds(0));
}

TEST(TokenGateTest, WhatIsNotUsedDoesNotAddUpBeyondTheBurst) {
  TokenGate gate;
  gate.Spend(kTerms, 1, kStart);
  const TokenGate::Time later = kStart + hours(5);
  gate.Spend(kTerms, 1000, later);
  EXPECT_EQ(gate.Wait(kTerms, later), milliseconds(10));
}

TEST(TokenGateTest, NothingSpentCostsNothing) {
  TokenGate gate;
  gate.Spend({seconds(60), 1}, 0, kStart);
  gate.Spend({seconds(60), 1}, -5, kStart);
  EXPECT_EQ(gate.Wait({seconds(60), 1}, kStart), nanoseconds(0));
}

TEST(TokenGateTest, AHugeNumberIsABoundedDebt) {
  TokenGate gate;
  const RateTerms strict{hours(24 * 31), 1};
  for (int i = 0; i < 3; ++i) gate.Spend(strict, 1'000'000'000'000, kStart);
  EXPECT_EQ(gate.Wait(strict, kStart), TokenGate::kLongestDebt);
  EXPECT_EQ(gate.Wait(strict, kStart + TokenGate::kLongestDebt), nanoseconds(0));
}

TEST(TokenGateTest, NewTermsCountAtOnceAndForgetNoMoreThanTheyMust) {
  TokenGate gate;
  gate.Spend({seconds(60), 10}, 100, kStart);
  gate.Adopt(kTerms, kStart);
  EXPECT_EQ(gate.Wait(kTerms, kStart), milliseconds(10));
  gate.Adopt({seconds(60), 10}, kStart);
  EXPECT_EQ(gate.Wait({seconds(60), 10}, kStart), nanoseconds(0));
}

TEST(TokenGateTest, ManyThreadsTogetherSpendWhatOneWould) {
  TokenGate gate;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) gate.Spend(kTerms, 3, kStart);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(gate.Wait(kTerms, kStart), milliseconds(10) * (24'000 - 999));
}

}  // namespace
}  // namespace sluice::guard
