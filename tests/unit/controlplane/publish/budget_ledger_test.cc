#include "controlplane/publish/budget_ledger.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <random>

namespace sluice::publish {
namespace {

using admin::v1::BudgetState;
using config::v1::Budget;
using fleet::v1::BudgetReport;

const absl::Time kNow = absl::FromUnixSeconds(1'790'000'000 / 86400 * 86400 + 43200);
const absl::Time kToday = kNow - absl::Hours(12);

Budget Tokens(int64_t tokens) {
  Budget budget;
  budget.set_period(config::v1::BUDGET_PERIOD_DAY);
  budget.set_tokens(tokens);
  return budget;
}

BudgetReport::Account Account(int64_t outstanding, int64_t unused, int64_t wanted,
                              absl::Time period = kToday) {
  BudgetReport::Account account;
  account.set_client_key_id("ck");
  account.mutable_period()->set_seconds(absl::ToUnixSeconds(period));
  account.mutable_outstanding()->set_tokens(outstanding);
  account.mutable_unused()->set_tokens(unused);
  account.mutable_wanted()->set_tokens(wanted);
  return account;
}

class BudgetLedgerTest : public testing::Test {
 protected:
  BudgetLedger::Answer Take(const std::string& node, const BudgetReport::Account& account) {
    auto answer =
        ledger_.Take(node, account, budget_, now_,
                     [&](const std::string&, const base::UtcPeriod&) -> absl::StatusOr<Spent> {
                       ++asked_;
                       return stored_;
                     });
    EXPECT_TRUE(answer.ok());
    return *answer;
  }
  int64_t Lent(const std::string& node, const BudgetReport::Account& account) {
    return Take(node, account).account.extra().tokens();
  }

  BudgetLedger ledger_;
  Budget budget_ = Tokens(1000);
  absl::Time now_ = kNow;
  Spent stored_;
  int asked_ = 0;
};

TEST_F(BudgetLedgerTest, LendsAPartOfWhatIsLeft) {
  EXPECT_EQ(Lent("a", Account(0, 0, 100)), 100);
  EXPECT_EQ(Lent("b", Account(0, 0, 10'000)), 225) << "a quarter of 900";
  EXPECT_EQ(Lent("a", Account(0, 100, 0)), 0) << "nothing is wanted";
  EXPECT_EQ(asked_, 1) << "what is stored is read once";
}

TEST_F(BudgetLedgerTest, WhatIsStoredAndWhatIsHeldIsNotLent) {
  stored_ = {900, 0};
  EXPECT_EQ(Lent("a", Account(60, 0, 1000)), 10);
  EXPECT_EQ(Lent("b", Account(30, 0, 1000)), 0);
  ledger_.OnStored("a", "ck", kToday, {5, 0});
  EXPECT_EQ(Lent("b", Account(0, 0, 1000)), 8) << "a quarter of 30: the 5 are held no more";
}

TEST_F(BudgetLedgerTest, ANewReportOfANodeReplacesItsLast) {
  EXPECT_EQ(Lent("a", Account(0, 0, 250)), 250);
  EXPECT_EQ(Lent("a", Account(0, 0, 250)), 250) << "it has given the first back";
}

TEST_F(BudgetLedgerTest, WhateverTheOrderNoMoreIsLentThanThereIs) {
  std::mt19937 chance(7);
  std::map<std::string, int64_t> unused;
  int64_t used = 0;
  for (int round = 0; round < 5000; ++round) {
    const std::string node(1, static_cast<char>('a' + chance() % 5));
    const int64_t spent = std::min<int64_t>(unused[node], static_cast<int64_t>(chance() % 20));
    unused[node] -= spent;
    used += spent;
    ledger_.OnStored(node, "ck", kToday, {spent, 0});
    if (round == 0) stored_ = {};
    unused[node] += Lent(node, Account(0, unused[node], static_cast<int64_t>(chance() % 300)));
    int64_t lent = 0;
    for (const auto& [name, held] : unused) lent += held;
    ASSERT_LE(used + lent, 1000);
  }
  EXPECT_GT(used, 990) << "and nearly all of it is used in the end";
}

TEST_F(BudgetLedgerTest, AnotherDayBeginsAnew) {
  EXPECT_EQ(Lent("a", Account(1000, 0, 100)), 0);
  now_ += absl::Hours(12) + absl::Minutes(1);
  EXPECT_EQ(Lent("a", Account(0, 0, 100, kToday + absl::Hours(24))), 100);
  ledger_.OnStored("a", "ck", kToday + absl::Hours(23), {900, 0});
  EXPECT_EQ(Lent("b", Account(0, 0, 100, kToday + absl::Hours(24))), 100) << "of the day before";
}

// Around midnight both days have nodes.
TEST_F(BudgetLedgerTest, TwoPeriodsDoNotTouchEachOther) {
  const absl::Time midnight = kToday + absl::Hours(24);
  now_ = midnight - absl::Seconds(1);
  EXPECT_EQ(Lent("ahead", Account(0, 0, 250, midnight)), 250);
  EXPECT_EQ(Lent("right", Account(0, 0, 250)), 250);
  EXPECT_EQ(ledger_.HeldOf("ck", midnight).unused.tokens, 250);
  EXPECT_EQ(ledger_.HeldOf("ck", kToday).unused.tokens, 250);
  ledger_.OnStored("ahead", "ck", midnight, {700, 0});
  EXPECT_EQ(Lent("right", Account(0, 250, 100)), 100);
  EXPECT_EQ(Lent("ahead", Account(0, 0, 100, midnight)), 75);
}

TEST_F(BudgetLedgerTest, ABudgetThatWasTakenAwayIsForgotten) {
  EXPECT_EQ(Lent("a", Account(1000, 0, 1)), 0);
  EXPECT_EQ(ledger_.count(BudgetState::EXCEEDED, now_), 1);
  ledger_.Forget("ck");
  EXPECT_EQ(ledger_.count(BudgetState::EXCEEDED, now_), 0);
}

TEST_F(BudgetLedgerTest, AClockThatIsALittleAheadIsFollowedAndOneThatIsWrongIsNot) {
  now_ = kToday + absl::Hours(24) - absl::Minutes(2);
  EXPECT_EQ(Lent("a", Account(0, 0, 100, kToday + absl::Hours(24))), 100);
  EXPECT_EQ(Lent("a", Account(0, 0, 100, kToday + absl::Hours(48))), 0);
  EXPECT_EQ(Lent("a", Account(0, 0, 100, absl::UnixEpoch() + absl::Seconds(1))), 0);
}

TEST_F(BudgetLedgerTest, OfANodeThatIsGoneNothingIsHeldForEver) {
  EXPECT_EQ(Lent("a", Account(0, 0, 250)), 250);
  now_ += BudgetLedger::kHoldTime + absl::Seconds(1);
  EXPECT_EQ(Lent("b", Account(0, 0, 250)), 250);
  EXPECT_EQ(ledger_.HeldOf("ck", kToday).unused.tokens, 250);
}

TEST_F(BudgetLedgerTest, WarnsOncePerState) {
  EXPECT_EQ(Take("a", Account(790, 0, 1)).warning, std::nullopt);
  EXPECT_EQ(Take("a", Account(800, 0, 1)).warning, BudgetState::WARNED);
  EXPECT_EQ(Take("a", Account(900, 0, 1)).warning, std::nullopt);
  EXPECT_EQ(Take("a", Account(1000, 0, 1)).warning, BudgetState::EXCEEDED);
  EXPECT_EQ(ledger_.count(BudgetState::EXCEEDED, now_), 1);
  EXPECT_EQ(ledger_.count(BudgetState::EXCEEDED, now_ + absl::Hours(13)), 0);
}

TEST_F(BudgetLedgerTest, ANodeThatLiesOverflowsNothing) {
  EXPECT_EQ(Lent("a", Account(INT64_MAX, INT64_MAX, INT64_MAX)), 0);
  EXPECT_EQ(Lent("b", Account(INT64_MIN, -5, -7)), 0);
  EXPECT_EQ(Lent("a", Account(0, 0, 100)), 100);
}

TEST_F(BudgetLedgerTest, AMonthEndsWithTheCalendars) {
  Budget budget = Tokens(1);
  budget.set_period(config::v1::BUDGET_PERIOD_MONTH);
  absl::Time time;
  std::string error;
  ASSERT_TRUE(absl::ParseTime(absl::RFC3339_full, "2026-12-31T23:59:59Z", &time, &error));
  const base::UtcPeriod period = PeriodOf(budget, time);
  EXPECT_EQ(absl::FormatTime("%F", period.begin, absl::UTCTimeZone()), "2026-12-01");
  EXPECT_EQ(absl::FormatTime("%F", period.end, absl::UTCTimeZone()), "2027-01-01");
}

TEST_F(BudgetLedgerTest, EitherMeasureCounts) {
  budget_.set_cost_nanos(100);
  EXPECT_EQ(BudgetLedger::StateOf(budget_, {0, 100}), BudgetState::EXCEEDED);
  EXPECT_EQ(BudgetLedger::StateOf(budget_, {0, 80}), BudgetState::WARNED);
  EXPECT_EQ(BudgetLedger::StateOf(budget_, {799, 79}), BudgetState::WITHIN);
}

}  // namespace
}  // namespace sluice::publish
