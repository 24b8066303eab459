#include "dataplane/guard/budget_gate.h"

#include <algorithm>

namespace sluice::guard {
namespace {

// A share lasts for about so many seconds.
constexpr int64_t kSecondsAhead = 5;
// A rate is that of no shorter time.
constexpr absl::Duration kShortest = absl::Milliseconds(200);
// And for so many of the largest answers.
constexpr int64_t kAnswersAhead = 8;
// Before anything is known of a key: that part of its budget.
constexpr int64_t kFirstPart = 128;
// After which what is left of a share is given back.
constexpr absl::Duration kIdle = absl::Seconds(5);
// What is lent is told at least so often, so that the control plane does not take this node for
// gone.
constexpr absl::Duration kTellAgain = absl::Minutes(4);
// A clock that steps back by less is not another day.
constexpr absl::Duration kStepBack = absl::Minutes(5);
// How often what was refused is asked for once more.
constexpr absl::Duration kAskAgain = absl::Seconds(1);
// Of an account; more does not come together in a month.
constexpr int64_t kMost = int64_t{1} << 60;

bool IsLeft(const BudgetTerms& terms, const Spending& left) {
  return (!terms.tokens || left.tokens > 0) && (!terms.cost_nanos || left.cost_nanos > 0);
}

// What was asked for and not given, in a measure in which nothing is left.
bool IsOut(bool limited, int64_t left, int64_t wanted, int64_t extra) {
  return limited && left <= 0 && wanted > 0 && extra <= 0;
}

int64_t Ahead(std::optional<int64_t> limit, int64_t per_second, int64_t largest) {
  if (!limit.has_value()) return 0;
  const int64_t known = std::max(std::min(per_second, kMost / kSecondsAhead) * kSecondsAhead,
                                 std::min(largest, kMost / kAnswersAhead) * kAnswersAhead);
  return std::max({int64_t{1}, known, *limit / kFirstPart});
}

// Of what was used in that time; it falls by no more than half at once.
int64_t Rate(int64_t used, absl::Duration time, int64_t before) {
  const double seconds = absl::ToDoubleSeconds(std::max(time, kShortest));
  const double rate = std::min(static_cast<double>(used) / seconds, static_cast<double>(kMost));
  return std::max(static_cast<int64_t>(rate), before / 2);
}

Spending NotBelowZero(const Spending& spending) {
  return {std::max<int64_t>(0, spending.tokens), std::max<int64_t>(0, spending.cost_nanos)};
}

Spending AtMost(const Spending& spending, const Spending& most) {
  return {std::min(spending.tokens, most.tokens), std::min(spending.cost_nanos, most.cost_nanos)};
}

Spending AtLeast(const Spending& spending, const Spending& least) {
  return {std::max(spending.tokens, least.tokens), std::max(spending.cost_nanos, least.cost_nanos)};
}

}  // namespace

base::UtcPeriod PeriodOf(const BudgetTerms& terms, absl::Time now) {
  return terms.monthly ? base::MonthOf(now) : base::DayOf(now);
}

void BudgetGate::Turn(const BudgetTerms& terms, absl::Time now) {
  const bool same_kind = terms.monthly == terms_.monthly;
  if (terms != terms_) exhausted_ = short_ = false;
  terms_ = terms;
  const absl::Time period = PeriodOf(terms, now).begin;
  if (period == period_) return;
  if (same_kind && period < period_ && now > period_ - kStepBack) return;
  period_ = period;
  used_ = lent_ = delivered_ = told_used_ = {};
  exhausted_ = short_ = silent_ = asking_ = false;
}

Spending BudgetGate::Target() const {
  return {Ahead(terms_.tokens, per_second_.tokens, largest_.tokens),
          Ahead(terms_.cost_nanos, per_second_.cost_nanos, largest_.cost_nanos)};
}

bool BudgetGate::IsFresh(absl::Time now) const {
  return told_at_ <= now && now < told_at_ + kAskAgain;
}

bool BudgetGate::AskIfLow(absl::Time now) {
  const Spending left = lent_ - used_;
  const Spending target = Target();
  const bool low = (terms_.tokens && left.tokens <= target.tokens / 2) ||
                   (terms_.cost_nanos && left.cost_nanos <= target.cost_nanos / 2);
  const bool pause = exhausted_ || (short_ && IsLeft(terms_, left));
  if (!low || asking_ || (pause && IsFresh(now))) return false;
  asked_at_ = now;
  return asking_ = true;
}

BudgetGate::Answer BudgetGate::Admit(const BudgetTerms& terms, absl::Time now, bool in_touch,
                                     bool waited) {
  absl::MutexLock lock(&mutex_);
  Turn(terms, now);
  used_at_ = now;
  silent_ = silent_ || waited;
  bool ask = in_touch && AskIfLow(now);
  const bool overdue = asking_ && (now < asked_at_ || now >= asked_at_ + kAskAgain);
  if (in_touch && overdue) {
    asked_at_ = now;
    ask = true;
  }
  if (IsLeft(terms, lent_ - used_)) return {Verdict::kGo, ask};
  const bool can_ask = in_touch && !silent_;
  if (exhausted_ && (IsFresh(now) || !can_ask)) return {Verdict::kExceeded, ask};
  if (can_ask) return {Verdict::kWait, ask};
  return {terms.strict ? Verdict::kOutOfTouch : Verdict::kGo, ask};
}

bool BudgetGate::Spend(const BudgetTerms& terms, absl::Time now, const Spending& used) {
  absl::MutexLock lock(&mutex_);
  // A request that began with other terms is counted by those that are new.
  const bool first = period_ == absl::InfinitePast();
  Turn(first ? terms : BudgetTerms(terms_), now);
  used_at_ = now;
  used_ += used;
  largest_ = {std::max(largest_.tokens, used.tokens),
              std::max(largest_.cost_nanos, used.cost_nanos)};
  return AskIfLow(now);
}

void BudgetGate::Deliver(absl::Time ended, const Spending& stored) {
  absl::MutexLock lock(&mutex_);
  if (PeriodOf(terms_, ended).begin != period_) return;
  delivered_ += stored;
  // Records of a process before this one were never used here.
  delivered_ = AtMost(delivered_, used_);
  delivered_since_ = true;
}

std::optional<BudgetGate::Report> BudgetGate::Tell(absl::Time now, bool anew) {
  absl::MutexLock lock(&mutex_);
  Turn(terms_, now);
  const bool idle = now > used_at_ + kIdle;
  const bool gives_back = idle && NotBelowZero(lent_ - used_) != Spending{};
  const bool holds = lent_ != used_ || used_ != delivered_;
  const bool due = holds && now > told_at_ + kTellAgain;
  if (!anew && !asking_ && !delivered_since_ && !gives_back && !due) return std::nullopt;
  if (gives_back) lent_ = AtMost(lent_, used_);
  // What went beyond the share is told as outstanding: it need not be lent afterwards.
  lent_ = AtLeast(lent_, used_);
  const Spending unused = NotBelowZero(lent_ - used_);
  const Spending lately = used_ - told_used_;
  per_second_ = {Rate(lately.tokens, now - told_at_, per_second_.tokens),
                 Rate(lately.cost_nanos, now - told_at_, per_second_.cost_nanos)};
  wanted_ = idle ? Spending{} : NotBelowZero(Target() - unused);
  told_used_ = used_;
  told_at_ = now;
  asking_ = !idle;
  delivered_since_ = false;
  return Report{period_, used_ - delivered_, unused, wanted_};
}

void BudgetGate::Lend(absl::Time period, const Spending& extra) {
  absl::MutexLock lock(&mutex_);
  asking_ = false;
  if (period != period_) return;
  silent_ = false;
  lent_ += AtMost(NotBelowZero(extra), {kMost, kMost});
  lent_ = AtMost(lent_, {kMost, kMost});
  const Spending left = lent_ - used_;
  short_ = (terms_.tokens && extra.tokens < wanted_.tokens) ||
           (terms_.cost_nanos && extra.cost_nanos < wanted_.cost_nanos);
  exhausted_ =
      IsOut(terms_.tokens.has_value(), left.tokens, wanted_.tokens, extra.tokens) ||
      IsOut(terms_.cost_nanos.has_value(), left.cost_nanos, wanted_.cost_nanos, extra.cost_nanos);
}

}  // namespace sluice::guard
