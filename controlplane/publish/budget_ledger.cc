#include "controlplane/publish/budget_ledger.h"

#include <algorithm>

namespace sluice::publish {
namespace {

using admin::v1::BudgetState;
using config::v1::Budget;

// Of what is left a node is lent no more than that part at a time, so that something is left for
// others.
constexpr int64_t kPart = 4;
// Of each sum, so that none overflows.
constexpr int64_t kMost = int64_t{1} << 60;
constexpr int kDefaultWarnPercent = 80;
constexpr int kWhole = 100;

int64_t Sum(int64_t a, int64_t b) { return std::min(kMost, a + b); }

int64_t Bounded(int64_t value) { return std::clamp<int64_t>(value, 0, kMost); }

Spent From(const fleet::v1::Spending& spending) {
  return {Bounded(spending.tokens()), Bounded(spending.cost_nanos())};
}

int64_t Loan(bool limited, int64_t limit, int64_t taken, int64_t wanted) {
  if (!limited) return 0;
  const int64_t left = limit - taken;
  if (left <= 0 || wanted <= 0) return 0;
  return std::min(wanted, (left + kPart - 1) / kPart);
}

bool Reaches(bool limited, int64_t limit, int64_t used, int percent) {
  return limited && static_cast<double>(used) * kWhole >= static_cast<double>(limit) * percent;
}

}  // namespace

Spent& Spent::operator+=(const Spent& more) {
  tokens = Sum(tokens, more.tokens);
  cost_nanos = Sum(cost_nanos, more.cost_nanos);
  return *this;
}

base::UtcPeriod PeriodOf(const Budget& budget, absl::Time now) {
  const bool monthly = budget.period() == config::v1::BUDGET_PERIOD_MONTH;
  return monthly ? base::MonthOf(now) : base::DayOf(now);
}

BudgetState::State BudgetLedger::StateOf(const Budget& budget, const Spent& used) {
  const auto reaches = [&](int percent) {
    return Reaches(budget.has_tokens(), budget.tokens(), used.tokens, percent) ||
           Reaches(budget.has_cost_nanos(), budget.cost_nanos(), used.cost_nanos, percent);
  };
  if (reaches(kWhole)) return BudgetState::EXCEEDED;
  if (reaches(budget.has_warn_percent() ? budget.warn_percent() : kDefaultWarnPercent)) {
    return BudgetState::WARNED;
  }
  return BudgetState::WITHIN;
}

bool BudgetLedger::Fits(const Budget& budget, absl::Time begin, absl::Time now) {
  for (const absl::Duration skew : {absl::ZeroDuration(), -kSkew, kSkew}) {
    if (PeriodOf(budget, now + skew).begin == begin) return true;
  }
  return false;
}

absl::Status BudgetLedger::Prepare(const Key& key, const base::UtcPeriod& period, absl::Time now,
                                   Stored stored) {
  {
    absl::MutexLock lock(&mutex_);
    if (entries_.contains(key)) return absl::OkStatus();
  }
  auto spent = stored(key.first, period);
  if (!spent.ok()) return spent.status();
  absl::MutexLock lock(&mutex_);
  std::erase_if(entries_, [&](const auto& entry) { return entry.second.end + kSkew < now; });
  entries_[key] = Entry{.end = period.end, .stored = *spent, .holds = {}};
  return absl::OkStatus();
}

BudgetLedger::Held BudgetLedger::SumOf(const Entry& entry) {
  Held held;
  for (const auto& [node, hold] : entry.holds) {
    held.outstanding += hold.outstanding;
    held.unused += hold.unused;
  }
  return held;
}

absl::StatusOr<BudgetLedger::Answer> BudgetLedger::Take(
    const std::string& node, const fleet::v1::BudgetReport::Account& account, const Budget& budget,
    absl::Time now, Stored stored) {
  Answer answer;
  answer.account.set_client_key_id(account.client_key_id());
  *answer.account.mutable_period() = account.period();
  const absl::Time begin = absl::FromUnixSeconds(account.period().seconds());
  // Of a day that is over, or of a clock that is wrong.
  if (!Fits(budget, begin, now)) return answer;
  const Key key(account.client_key_id(), begin);
  const absl::Status prepared = Prepare(key, PeriodOf(budget, begin), now, stored);
  if (!prepared.ok()) return prepared;

  absl::MutexLock lock(&mutex_);
  Entry& entry = entries_[key];
  std::erase_if(entry.holds, [&](const auto& hold) { return hold.second.heard + kHoldTime < now; });
  Hold& hold = entry.holds[node];
  hold = {From(account.outstanding()), From(account.unused()), now};
  const Held held = SumOf(entry);
  Spent used = entry.stored;
  used += held.outstanding;
  Spent taken = used;
  taken += held.unused;
  const Spent wanted = From(account.wanted());
  const Spent extra = {
      Loan(budget.has_tokens(), budget.tokens(), taken.tokens, wanted.tokens),
      Loan(budget.has_cost_nanos(), budget.cost_nanos(), taken.cost_nanos, wanted.cost_nanos)};
  hold.unused += extra;
  answer.account.mutable_extra()->set_tokens(extra.tokens);
  answer.account.mutable_extra()->set_cost_nanos(extra.cost_nanos);
  const BudgetState::State state = StateOf(budget, used);
  if (state > entry.warned) answer.warning = state;
  entry.warned = std::max(entry.warned, state);
  entry.state = state;
  return answer;
}

void BudgetLedger::OnStored(const std::string& node, const std::string& id, absl::Time hour,
                            const Spent& more) {
  absl::MutexLock lock(&mutex_);
  for (auto at = entries_.lower_bound({id, absl::InfinitePast()});
       at != entries_.end() && at->first.first == id; ++at) {
    Entry& entry = at->second;
    if (hour < at->first.second || hour >= entry.end) continue;
    entry.stored += more;
    // Until the node says it anew.
    const auto hold = entry.holds.find(node);
    if (hold == entry.holds.end()) continue;
    Spent& outstanding = hold->second.outstanding;
    outstanding.tokens = std::max<int64_t>(0, outstanding.tokens - more.tokens);
    outstanding.cost_nanos = std::max<int64_t>(0, outstanding.cost_nanos - more.cost_nanos);
  }
}

void BudgetLedger::Forget(const std::string& id) {
  absl::MutexLock lock(&mutex_);
  std::erase_if(entries_, [&](const auto& entry) { return entry.first.first == id; });
}

BudgetLedger::Held BudgetLedger::HeldOf(const std::string& id, absl::Time begin) const {
  absl::MutexLock lock(&mutex_);
  const auto found = entries_.find({id, begin});
  return found == entries_.end() ? Held() : SumOf(found->second);
}

int64_t BudgetLedger::count(BudgetState::State state, absl::Time now) const {
  absl::MutexLock lock(&mutex_);
  return std::count_if(entries_.begin(), entries_.end(), [&](const auto& entry) {
    return entry.second.state == state && now < entry.second.end;
  });
}

}  // namespace sluice::publish
