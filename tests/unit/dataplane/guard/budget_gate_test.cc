#include "dataplane/guard/budget_gate.h"

#include <gtest/gtest.h>

namespace sluice::guard {
namespace {

using Verdict = BudgetGate::Verdict;

const absl::Time kNoon = absl::FromUnixSeconds(1'790'000'000 / 86400 * 86400 + 43200);
const BudgetTerms kTokens{.tokens = 1000};
const BudgetTerms kStrict{.tokens = 1000, .strict = true};

class BudgetGateTest : public testing::Test {
 protected:
  Verdict Admit(bool in_touch = true) { return gate_.Admit(kTokens, now_, in_touch).verdict; }
  // Tells, and lends that.
  BudgetGate::Report Exchange(int64_t lent) {
    const auto report = gate_.Tell(now_, true);
    gate_.Lend(report->period, {lent, 0});
    return *report;
  }
  void Spend(int64_t tokens) { gate_.Spend(kTokens, now_, {tokens, 0}); }

  BudgetGate gate_;
  absl::Time now_ = kNoon;
};

TEST_F(BudgetGateTest, WaitsUntilSomethingIsLentAndThenLetsInWhileAnyIsLeft) {
  EXPECT_EQ(Admit(), Verdict::kWait);
  Exchange(100);
  EXPECT_EQ(Admit(), Verdict::kGo);
  Spend(99);
  EXPECT_EQ(Admit(), Verdict::kGo);
  Spend(1);
  EXPECT_EQ(Admit(), Verdict::kWait);
}

TEST_F(BudgetGateTest, IsExceededOnceTheControlPlaneHasNothingLeftToLend) {
  Admit();
  Exchange(10);
  Spend(15);
  Admit();
  Exchange(0);
  EXPECT_EQ(Admit(), Verdict::kExceeded);
  EXPECT_EQ(Admit(false), Verdict::kExceeded) << "whether it can be asked or not";
  // Others have given back.
  now_ += absl::Seconds(2);
  EXPECT_TRUE(gate_.Admit(kTokens, now_, true).ask) << "it is asked again, not on each request";
  Exchange(20);
  EXPECT_EQ(Admit(), Verdict::kGo);
}

TEST_F(BudgetGateTest, OutOfTouchItGoesOnUnlessItIsStrict) {
  EXPECT_EQ(Admit(false), Verdict::kGo);
  EXPECT_EQ(gate_.Admit(kStrict, now_, false).verdict, Verdict::kOutOfTouch);
  Exchange(5);
  EXPECT_EQ(gate_.Admit(kStrict, now_, false).verdict, Verdict::kGo) << "its share is its own";
}

TEST_F(BudgetGateTest, TellsWhatIsUsedAndNotDelivered) {
  Admit();
  Exchange(100);
  Spend(40);
  gate_.Deliver(now_, {15, 0});
  const BudgetGate::Report report = Exchange(0);
  EXPECT_EQ(report.outstanding, (Spending{25, 0}));
  EXPECT_EQ(report.unused, (Spending{60, 0}));
  EXPECT_GT(report.wanted.tokens, 0);
}

TEST_F(BudgetGateTest, WhatOthersDeliveredIsNotCountedTwice) {
  Spend(10);
  gate_.Deliver(now_, {500, 0});
  EXPECT_EQ(Exchange(0).outstanding, (Spending{0, 0}));
}

TEST_F(BudgetGateTest, GivesBackWhatNobodyUses) {
  Admit();
  Exchange(100);
  Spend(40);
  now_ += absl::Seconds(6);
  const auto report = gate_.Tell(now_, false);
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->unused, (Spending{0, 0}));
  EXPECT_EQ(report->wanted, (Spending{0, 0}));
  gate_.Lend(report->period, {});
  EXPECT_EQ(Admit(), Verdict::kWait) << "not exceeded: it has not asked for any";
}

TEST_F(BudgetGateTest, HasNothingToTellWhenNothingHappened) {
  Admit();
  Exchange(100);
  EXPECT_EQ(gate_.Tell(now_, false), std::nullopt);
  EXPECT_TRUE(gate_.Tell(now_, true).has_value()) << "a control plane that knows nothing";
}

TEST_F(BudgetGateTest, ANewDayBeginsAnew) {
  Admit();
  Exchange(10);
  Spend(10);
  Admit();
  Exchange(0);
  ASSERT_EQ(Admit(), Verdict::kExceeded);
  now_ += absl::Hours(12);
  EXPECT_EQ(Admit(), Verdict::kWait);
  const BudgetGate::Report report = Exchange(7);
  EXPECT_EQ(report.period, kNoon + absl::Hours(12));
  EXPECT_EQ(report.outstanding, (Spending{0, 0}));
  EXPECT_EQ(Admit(), Verdict::kGo);
}

TEST_F(BudgetGateTest, ALoanForADayThatIsOverIsNone) {
  Admit();
  const auto report = gate_.Tell(now_, true);
  now_ += absl::Hours(12);
  Admit();
  gate_.Lend(report->period, {100, 0});
  EXPECT_EQ(Admit(), Verdict::kWait);
}

TEST_F(BudgetGateTest, AMonthIsTheCalendars) {
  const BudgetTerms monthly{.monthly = true, .tokens = 1};
  absl::Time time;
  std::string error;
  ASSERT_TRUE(absl::ParseTime(absl::RFC3339_full, "2028-02-29T23:59:59Z", &time, &error));
  EXPECT_EQ(absl::FormatTime(PeriodOf(monthly, time).begin, absl::UTCTimeZone()),
            "2028-02-01T00:00:00+00:00");
}

TEST_F(BudgetGateTest, EitherMeasureMayRunOut) {
  const BudgetTerms both{.tokens = 1000, .cost_nanos = 50};
  gate_.Admit(both, now_, true);
  const auto report = gate_.Tell(now_, true);
  gate_.Lend(report->period, {100, 5});
  EXPECT_EQ(gate_.Admit(both, now_, true).verdict, Verdict::kGo);
  gate_.Spend(both, now_, {1, 5});
  EXPECT_EQ(gate_.Admit(both, now_, true).verdict, Verdict::kWait);
}

TEST_F(BudgetGateTest, AsksOnceUntilItIsAnswered) {
  EXPECT_TRUE(gate_.Admit(kTokens, now_, true).ask);
  EXPECT_FALSE(gate_.Admit(kTokens, now_, true).ask);
  Exchange(100);
  EXPECT_FALSE(gate_.Admit(kTokens, now_, true).ask) << "there is plenty";
  EXPECT_TRUE(gate_.Spend(kTokens, now_, {98, 0})) << "before it has run out";
  Exchange(0);
  EXPECT_FALSE(gate_.Admit(kTokens, now_, true).ask) << "there is no more for now";
  now_ += absl::Seconds(1);
  EXPECT_TRUE(gate_.Admit(kTokens, now_, true).ask);
}

// The control plane counts it already.
TEST_F(BudgetGateTest, WhatWentBeyondTheShareIsNotTakenFromTheNext) {
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(Admit(false), Verdict::kGo);
    Spend(100);
  }
  EXPECT_EQ(Exchange(5).outstanding, (Spending{500, 0}));
  EXPECT_EQ(Admit(), Verdict::kGo);
  Spend(5);
  EXPECT_EQ(Admit(), Verdict::kWait);
}

TEST_F(BudgetGateTest, OnceOneHasWaitedInVainNobodyWaitsUntilThereIsAnAnswer) {
  EXPECT_EQ(Admit(), Verdict::kWait);
  EXPECT_EQ(gate_.Admit(kTokens, now_, true, true).verdict, Verdict::kGo);
  EXPECT_EQ(Admit(), Verdict::kGo);
  Exchange(0);
  EXPECT_EQ(Admit(), Verdict::kExceeded);
}

TEST_F(BudgetGateTest, AnOldRefusalIsAskedAboutBeforeItCounts) {
  Admit();
  Exchange(0);
  ASSERT_EQ(Admit(), Verdict::kExceeded);
  now_ += absl::Minutes(10);
  EXPECT_EQ(Admit(), Verdict::kWait);
  EXPECT_EQ(Admit(false), Verdict::kExceeded) << "it cannot be asked about";
}

TEST_F(BudgetGateTest, ABudgetThatWasRaisedIsAskedForAtOnce) {
  Admit();
  Exchange(0);
  ASSERT_EQ(Admit(), Verdict::kExceeded);
  const BudgetTerms raised{.tokens = 2000};
  EXPECT_EQ(gate_.Admit(raised, now_, true).verdict, Verdict::kWait);
}

TEST_F(BudgetGateTest, ARequestThatBeganUnderOtherTermsWipesNothing) {
  const BudgetTerms monthly{.monthly = true, .tokens = 1000};
  gate_.Admit(monthly, now_, true);
  const auto report = gate_.Tell(now_, true);
  gate_.Lend(report->period, {100, 0});
  gate_.Spend(kTokens, now_, {30, 0});
  EXPECT_EQ(gate_.Tell(now_, true)->unused, (Spending{70, 0}));
}

TEST_F(BudgetGateTest, AClockThatStepsBackOverMidnightWipesNothing) {
  now_ += absl::Hours(12);
  Admit();
  Exchange(100);
  gate_.Spend(kTokens, now_ - absl::Milliseconds(1), {30, 0});
  EXPECT_EQ(Exchange(0).unused, (Spending{70, 0}));
}

TEST_F(BudgetGateTest, WhatIsHeldForLongIsToldAgain) {
  Admit();
  Exchange(100);
  for (int i = 0; i < 60; ++i) {
    now_ += absl::Seconds(4);
    Admit();
    ASSERT_EQ(gate_.Tell(now_, false), std::nullopt);
  }
  now_ += absl::Seconds(4);
  Admit();
  EXPECT_TRUE(gate_.Tell(now_, false).has_value());
}

TEST_F(BudgetGateTest, WhatCannotBeAskedIsNotRungFor) {
  EXPECT_FALSE(gate_.Admit(kTokens, now_, false).ask);
}

}  // namespace
}  // namespace sluice::guard
