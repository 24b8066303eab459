#include "dataplane/guard/budget_book.h"

#include "common/base/text.h"

namespace sluice::guard {

void BudgetBook::SetBell(std::function<void()> ask) {
  absl::MutexLock lock(&mutex_);
  bell_ = std::move(ask);
}

void BudgetBook::Ask() {
  absl::MutexLock lock(&mutex_);
  if (bell_) bell_();
}

void BudgetBook::Enter(const std::string& id, const Guard& guard) {
  if (guard->in_budget_book.load(std::memory_order_relaxed)) return;
  absl::MutexLock lock(&mutex_);
  guards_.insert_or_assign(id, guard);
  guard->in_budget_book.store(true, std::memory_order_relaxed);
}

BudgetGate::Verdict BudgetBook::Admit(const BudgetTerms& terms, const std::string& id,
                                      const Guard& guard, absl::Time now, bool waited) {
  Enter(id, guard);
  const BudgetGate::Answer answer = guard->budget.Admit(terms, now, in_touch(), waited);
  if (answer.ask) Ask();
  return answer.verdict;
}

void BudgetBook::Spend(const BudgetTerms& terms, const std::string& id, const Guard& guard,
                       absl::Time now, const Spending& used) {
  Enter(id, guard);
  if (guard->budget.Spend(terms, now, used)) Ask();
}

void BudgetBook::SetInTouch(bool in_touch) {
  in_touch_.store(in_touch, std::memory_order_relaxed);
  absl::MutexLock lock(&mutex_);
  untold_.clear();
  if (!in_touch) return;
  for (const auto& [id, guard] : guards_) untold_.insert(id);
}

std::vector<BudgetBook::Account> BudgetBook::Tell(absl::Time now, size_t most) {
  std::vector<Account> accounts;
  absl::MutexLock lock(&mutex_);
  for (auto at = guards_.begin(); at != guards_.end() && accounts.size() < most;) {
    const auto here = at++;
    const bool anew = untold_.erase(here->first) > 0;
    auto report = here->second->budget.Tell(now, anew);
    // Nobody else has it: its key is gone, and so is what was under way with it.
    const bool gone = here->second.use_count() == 1;
    if (report.has_value()) accounts.push_back({here->first, *report});
    if (gone && !report.has_value()) guards_.erase(here);
  }
  return accounts;
}

BudgetBook::Guard BudgetBook::Find(std::string_view id) {
  absl::MutexLock lock(&mutex_);
  const auto found = guards_.find(base::ToAbsl(id));
  return found == guards_.end() ? nullptr : found->second;
}

void BudgetBook::Lend(std::string_view id, absl::Time period, const Spending& extra) {
  if (const Guard guard = Find(id)) guard->budget.Lend(period, extra);
}

void BudgetBook::Deliver(std::string_view id, absl::Time ended, const Spending& stored) {
  if (const Guard guard = Find(id)) guard->budget.Deliver(ended, stored);
}

}  // namespace sluice::guard
