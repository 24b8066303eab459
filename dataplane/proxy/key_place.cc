#include "dataplane/proxy/key_place.h"

#include <algorithm>
#include <chrono>

#include "dataplane/policy/refusal.h"

namespace sluice::proxy {
namespace {

constexpr int kConcurrentRetrySeconds = 1;  // nobody knows when one of them ends
constexpr int kOutOfTouchRetrySeconds = 5;

int WholeSeconds(std::chrono::nanoseconds time) {
  return static_cast<int>(std::chrono::ceil<std::chrono::seconds>(time).count());
}

int SecondsLeft(const guard::BudgetTerms& budget, absl::Time now) {
  const absl::Duration left = guard::PeriodOf(budget, now).end - now;
  return static_cast<int>(std::max<int64_t>(1, absl::ToInt64Seconds(left)));
}

}  // namespace

BudgetLook LookAtBudget(const config::ClientKeyEntry& key, guard::BudgetBook& budgets,
                        absl::Time now, bool waited) {
  using Verdict = guard::BudgetGate::Verdict;
  if (key.terms == nullptr || !key.terms->budget.has_value()) return {};
  const guard::BudgetTerms& budget = *key.terms->budget;
  switch (budgets.Admit(budget, key.id, key.guard, now, waited)) {
    case Verdict::kGo:
      break;
    case Verdict::kWait:
      return {BudgetAnswer::kWait};
    case Verdict::kExceeded:
      return {BudgetAnswer::kRefused, policy::BudgetExceeded(SecondsLeft(budget, now))};
    case Verdict::kOutOfTouch:
      return {BudgetAnswer::kRefused, policy::BudgetUnknown(kOutOfTouchRetrySeconds)};
  }
  return {};
}

std::variant<KeyPlace, http::GatewayError> TakePlace(const config::ClientKeyEntry& key,
                                                     guard::BudgetBook& budgets,
                                                     const Moment& now) {
  const config::ClientKeyTerms* terms = key.terms.get();
  const int32_t most = terms == nullptr ? guard::InFlightGate::kNoLimit : terms->concurrent;
  if (!key.guard->in_flight.Enter(most)) {
    return policy::OverLimit("requests under way at once", kConcurrentRetrySeconds);
  }
  KeyPlace place(key.guard);
  if (terms == nullptr) return place;
  // First, since they take nothing.
  BudgetLook budget = LookAtBudget(key, budgets, now.wall, false);
  if (budget.answer == BudgetAnswer::kRefused) return std::move(budget.refusal);
  if (budget.answer == BudgetAnswer::kWait) place.Wait();
  if (terms->tokens.has_value()) {
    const std::chrono::nanoseconds wait = key.guard->tokens.Wait(*terms->tokens, now.mono);
    if (wait.count() > 0) return policy::OverLimit("tokens", std::max(1, WholeSeconds(wait)));
  }
  if (!terms->requests.has_value()) return place;
  const std::chrono::nanoseconds wait = key.guard->requests.Pass(*terms->requests, now.mono);
  if (wait.count() == 0) return place;
  return policy::OverLimit("requests", std::max(1, WholeSeconds(wait)));
}

}  // namespace sluice::proxy
