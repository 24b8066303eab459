#include "common/wire/scope_check.h"

#include <google/protobuf/duration.pb.h>

#include <algorithm>
#include <array>
#include <set>

#include "common/wire/field_text.h"

namespace sluice::wire {
namespace {

using config::v1::RateLimit;

constexpr int kMaxKeyProviders = 1024;
constexpr int kMaxGlobs = 256;
constexpr int64_t kMaxAmount = 1'000'000'000;
constexpr int64_t kMaxPerSecond = 1'000'000;
constexpr int64_t kMaxIntervalSeconds = int64_t{31} * 24 * 3600;
constexpr int kMaxConcurrent = 1'000'000;
constexpr int64_t kMaxBudgetTokens = 1'000'000'000'000'000;
constexpr int64_t kMaxBudgetNanos = 1'000'000'000'000'000'000;

constexpr std::array<std::string_view, 7> kMethods = {"GET",    "POST", "PUT",    "PATCH",
                                                      "DELETE", "HEAD", "OPTIONS"};

void CheckRate(std::string_view field, const RateLimit& rate, ViolationList* list) {
  const int64_t seconds = rate.interval().seconds();
  if (rate.amount() < 1 || rate.amount() > kMaxAmount) {
    list->Add(field, ".amount ", rate.amount(), " is not 1 to ", kMaxAmount);
  } else if (seconds < 1 || seconds > kMaxIntervalSeconds || rate.interval().nanos() != 0) {
    list->Add(field, ".interval is not 1s to 744h in whole seconds");
  } else if (rate.amount() / seconds > kMaxPerSecond) {
    list->Add(field, " is more than ", kMaxPerSecond, " a second");
  }
  if (rate.has_burst() && (rate.burst() < 1 || rate.burst() > rate.amount())) {
    list->Add(field, ".burst ", rate.burst(), " is not 1 to ", field, ".amount");
  }
}

}  // namespace

void CheckProviderNames(const Strings& providers, ViolationList* list) {
  if (providers.size() > kMaxKeyProviders) {
    list->Add("providers has ", providers.size(), " entries, but may have at most ",
              kMaxKeyProviders);
    return;
  }
  std::set<std::string_view> seen;
  for (const std::string& provider : providers) {
    if (!IsResourceName(provider)) {
      list->Add("providers has ", Quoted(provider), ", which is not the name of a provider");
    } else if (!seen.insert(provider).second) {
      list->Add("providers has ", Quoted(provider), " twice");
    }
  }
}

void CheckMethods(const Strings& methods, ViolationList* list) {
  std::set<std::string_view> seen;
  for (const std::string& method : methods) {
    if (std::find(kMethods.begin(), kMethods.end(), method) == kMethods.end()) {
      list->Add("methods has ", Quoted(method),
                ", which is not one of GET, POST, PUT, PATCH, DELETE, HEAD and OPTIONS");
    } else if (!seen.insert(method).second) {
      list->Add("methods has ", Quoted(method), " twice");
    }
  }
}

void CheckGlobs(std::string_view field, const Strings& globs, ViolationList* list) {
  if (globs.size() > kMaxGlobs) {
    list->Add(field, " has ", globs.size(), " entries, but may have at most ", kMaxGlobs);
    return;
  }
  for (const std::string& glob : globs) {
    if (!IsGlobText(glob)) {
      list->Add(field, " has ", Quoted(glob),
                ", which is not 1 to 256 printable ASCII characters without spaces");
    } else if (glob.front() == '/') {
      list->Add(field, " has ", Quoted(glob), ", which begins with a slash: leave that out");
    }
  }
}

void CheckBudget(const config::v1::Budget& budget, ViolationList* list) {
  if (budget.period() != config::v1::BUDGET_PERIOD_DAY &&
      budget.period() != config::v1::BUDGET_PERIOD_MONTH) {
    list->Add("budget.period is not BUDGET_PERIOD_DAY or BUDGET_PERIOD_MONTH");
  }
  if (!budget.has_tokens() && !budget.has_cost_nanos()) {
    list->Add("budget has neither tokens nor cost_nanos");
  }
  if (budget.has_tokens() && (budget.tokens() < 1 || budget.tokens() > kMaxBudgetTokens)) {
    list->Add("budget.tokens ", budget.tokens(), " is not 1 to ", kMaxBudgetTokens);
  }
  if (budget.has_cost_nanos() &&
      (budget.cost_nanos() < 1 || budget.cost_nanos() > kMaxBudgetNanos)) {
    list->Add("budget.cost_nanos ", budget.cost_nanos(), " is not 1 to ", kMaxBudgetNanos);
  }
  if (budget.has_warn_percent() && (budget.warn_percent() < 1 || budget.warn_percent() > 100)) {
    list->Add("budget.warn_percent ", budget.warn_percent(), " is not 1 to 100");
  }
}

void CheckLimits(const config::v1::ClientKeyLimits& limits, ViolationList* list) {
  if (limits.has_requests()) CheckRate("limits.requests", limits.requests(), list);
  if (limits.has_tokens()) CheckRate("limits.tokens", limits.tokens(), list);
  if (!limits.has_concurrent()) return;
  const int concurrent = limits.concurrent();
  if (concurrent < 1 || concurrent > kMaxConcurrent) {
    list->Add("limits.concurrent ", concurrent, " is not 1 to ", kMaxConcurrent);
  }
}

}  // namespace sluice::wire
