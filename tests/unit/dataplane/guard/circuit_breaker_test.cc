#include "dataplane/guard/circuit_breaker.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace sluice::guard {
namespace {

using std::chrono::milliseconds;
using Pass = CircuitBreaker::Pass;
using State = CircuitBreaker::State;

class CircuitBreakerTest : public ::testing::Test {
 protected:
  // False: refused.
  bool Request(std::optional<bool> failed) {
    const auto pass = breaker_.Enter(rules_, now_);
    if (!pass) return false;
    breaker_.Ended(*pass, failed, rules_, now_);
    return true;
  }
  void Requests(int count, bool failed) {
    for (int i = 0; i < count; ++i) Request(failed);
  }

  BreakerRules rules_;
  event::MonoTime now_ = event::MonoTime(std::chrono::hours(1000));
  CircuitBreaker breaker_;
};

TEST_F(CircuitBreakerTest, OpensAtTheShareAndTheNumberOfTheRules) {
  Requests(10, false);
  Requests(9, true);
  EXPECT_EQ(breaker_.state(), State::kClosed);  // 19 of them
  Requests(1, true);
  EXPECT_EQ(breaker_.state(), State::kOpen);
  EXPECT_FALSE(Request(false));
  EXPECT_EQ(breaker_.RetryAfter(now_), milliseconds(5000));
}

TEST_F(CircuitBreakerTest, StaysClosedBelowTheShare) {
  Requests(51, false);
  Requests(50, true);
  EXPECT_EQ(breaker_.state(), State::kClosed);
}

TEST_F(CircuitBreakerTest, WhatLeftTheWindowCountsNoMore) {
  Requests(19, true);
  now_ += milliseconds(10'000);
  Requests(1, true);
  EXPECT_EQ(breaker_.state(), State::kClosed);
  now_ += milliseconds(5'000);
  Requests(18, true);
  EXPECT_EQ(breaker_.state(), State::kClosed);
  Requests(1, true);
  EXPECT_EQ(breaker_.state(), State::kOpen);
}

TEST_F(CircuitBreakerTest, WhatSaysNothingOfTheProviderIsNotCounted) {
  for (int i = 0; i < 100; ++i) Request(std::nullopt);
  Requests(19, true);
  EXPECT_EQ(breaker_.state(), State::kClosed);
}

TEST_F(CircuitBreakerTest, OneRequestProbesAndASuccessClosesIt) {
  Requests(20, true);
  now_ += milliseconds(4'999);
  EXPECT_FALSE(breaker_.Enter(rules_, now_));
  now_ += milliseconds(1);
  ASSERT_EQ(breaker_.Enter(rules_, now_), Pass::kProbe);
  EXPECT_EQ(breaker_.state(), State::kHalfOpen);
  EXPECT_FALSE(breaker_.Enter(rules_, now_));
  breaker_.Ended(Pass::kProbe, false, rules_, now_);
  EXPECT_EQ(breaker_.state(), State::kClosed);
  // The failures of before are forgotten.
  Requests(19, true);
  EXPECT_EQ(breaker_.state(), State::kClosed);
}

TEST_F(CircuitBreakerTest, AFailedProbeOpensItAgainForTheWholeTime) {
  Requests(20, true);
  now_ += milliseconds(5'000);
  EXPECT_TRUE(Request(true));
  EXPECT_EQ(breaker_.state(), State::kOpen);
  EXPECT_EQ(breaker_.RetryAfter(now_), milliseconds(5'000));
}

TEST_F(CircuitBreakerTest, AProbeThatSaysNothingGivesWayToTheNext) {
  Requests(20, true);
  now_ += milliseconds(5'000);
  ASSERT_EQ(breaker_.Enter(rules_, now_), Pass::kProbe);
  breaker_.Ended(Pass::kProbe, std::nullopt, rules_, now_);
  EXPECT_EQ(breaker_.Enter(rules_, now_), Pass::kProbe);
}

TEST_F(CircuitBreakerTest, AProbeThatDoesNotEndIsFollowedByAnother) {
  Requests(20, true);
  now_ += milliseconds(5'000);
  ASSERT_EQ(breaker_.Enter(rules_, now_), Pass::kProbe);
  now_ += milliseconds(4'999);
  EXPECT_FALSE(breaker_.Enter(rules_, now_));
  EXPECT_EQ(breaker_.RetryAfter(now_), milliseconds(1));
  now_ += milliseconds(1);
  EXPECT_EQ(breaker_.Enter(rules_, now_), Pass::kProbe);
}

TEST_F(CircuitBreakerTest, ALongAnswerClosesItAsItBegins) {
  Requests(20, true);
  now_ += milliseconds(5'000);
  ASSERT_EQ(breaker_.Enter(rules_, now_), Pass::kProbe);
  breaker_.Answered(Pass::kProbe);
  EXPECT_EQ(breaker_.state(), State::kClosed);
  EXPECT_EQ(breaker_.Enter(rules_, now_), Pass::kPlain);
  breaker_.Ended(Pass::kProbe, true, rules_, now_);  // cut at last: one failure like any other
  EXPECT_EQ(breaker_.state(), State::kClosed);
}

TEST_F(CircuitBreakerTest, SwitchedOffItLetsEverythingThrough) {
  Requests(20, true);
  rules_.enabled = false;
  EXPECT_TRUE(Request(true));
  EXPECT_EQ(breaker_.Enter(rules_, now_), Pass::kPlain);
}

TEST_F(CircuitBreakerTest, APassThatIsDroppedSaysNothing) {
  Requests(20, true);
  now_ += milliseconds(5'000);
  {
    BreakerPass pass(&breaker_, &rules_, *breaker_.Enter(rules_, now_));
    BreakerPass moved = std::move(pass);
    EXPECT_EQ(breaker_.state(), State::kHalfOpen);
  }
  EXPECT_EQ(breaker_.Enter(rules_, now_), Pass::kProbe);
}

TEST_F(CircuitBreakerTest, CountsEveryRequestOfManyThreads) {
  rules_.minimum_requests = 40'000;
  rules_.failure_percent = 100;
  std::vector<std::thread> workers;
  for (int i = 0; i < 4; ++i) {
    workers.emplace_back([this] { Requests(9'999, true); });
  }
  for (std::thread& worker : workers) worker.join();
  Requests(3, true);
  EXPECT_EQ(breaker_.state(), State::kClosed);
  Requests(1, true);
  EXPECT_EQ(breaker_.state(), State::kOpen);
}

}  // namespace
}  // namespace sluice::guard
