#include "dataplane/config/client_key_terms.h"

#include <algorithm>
#include <chrono>

namespace sluice::config {
namespace {

constexpr int64_t kNanosASecond = 1'000'000'000;

guard::RateTerms RateOf(const v1::RateLimit& rate) {
  const int64_t nanos = rate.interval().seconds() * kNanosASecond / rate.amount();
  return {std::chrono::nanoseconds(std::max<int64_t>(1, nanos)),
          rate.has_burst() ? rate.burst() : rate.amount()};
}

}  // namespace

void SetLimits(const v1::ClientKeyLimits& limits, ClientKeyTerms* terms) {
  if (limits.has_requests()) terms->requests = RateOf(limits.requests());
  if (limits.has_tokens()) terms->tokens = RateOf(limits.tokens());
  if (limits.has_concurrent()) terms->concurrent = limits.concurrent();
}

void SetBudget(const v1::Budget& budget, ClientKeyTerms* terms) {
  guard::BudgetTerms& held = terms->budget.emplace();
  held.monthly = budget.period() == v1::BUDGET_PERIOD_MONTH;
  if (budget.has_tokens()) held.tokens = budget.tokens();
  if (budget.has_cost_nanos()) held.cost_nanos = budget.cost_nanos();
  held.strict = budget.strict();
}

void AdoptLimits(const ClientKeyTerms* former, const ClientKeyTerms* terms,
                 guard::ClientKeyGuard& guard) {
  if (terms == nullptr) return;
  const auto now = std::chrono::steady_clock::now();
  if (terms->requests.has_value() && (former == nullptr || former->requests != terms->requests)) {
    guard.requests.Adopt(*terms->requests, now);
  }
  if (terms->tokens.has_value() && (former == nullptr || former->tokens != terms->tokens)) {
    guard.tokens.Adopt(*terms->tokens, now);
  }
}

}  // namespace sluice::config
