#include "controlplane/cli/budget_options.h"

#include "absl/strings/numbers.h"
#include "common/base/text.h"
#include "controlplane/cli/money.h"
#include "controlplane/cli/option_checks.h"
#include "controlplane/cli/table.h"

namespace sluice::cli {
namespace {

using config::v1::Budget;

constexpr std::string_view kDollars = "usd";

absl::Status BadAmount(const std::string& text) {
  return absl::InvalidArgumentError(
      base::Cat("--budget \"", Printable(text),
                "\" is not an amount and a time like 5000000/day (tokens) or 20usd/month"));
}

absl::Status AddAmount(const std::string& text, Budget* budget) {
  const size_t slash = text.find('/');
  if (slash == std::string::npos) return BadAmount(text);
  const std::string time = text.substr(slash + 1);
  if (time != "day" && time != "month") return BadAmount(text);
  const auto period =
      time == "day" ? config::v1::BUDGET_PERIOD_DAY : config::v1::BUDGET_PERIOD_MONTH;
  if (budget->period() != config::v1::BUDGET_PERIOD_UNSPECIFIED && budget->period() != period) {
    return absl::InvalidArgumentError("--budget: both are of a day, or both of a month");
  }
  budget->set_period(period);
  std::string amount = text.substr(0, slash);
  if (!amount.ends_with(kDollars)) {
    int64_t tokens = 0;
    if (!absl::SimpleAtoi(amount, &tokens)) return BadAmount(text);
    if (budget->has_tokens()) return absl::InvalidArgumentError("--budget: tokens are given twice");
    budget->set_tokens(tokens);
    return absl::OkStatus();
  }
  amount.resize(amount.size() - kDollars.size());
  const absl::StatusOr<int64_t> nanos = ParseDollars(amount);
  if (!nanos.ok()) return BadAmount(text);
  if (budget->has_cost_nanos()) {
    return absl::InvalidArgumentError("--budget: dollars are given twice");
  }
  budget->set_cost_nanos(*nanos);
  return absl::OkStatus();
}

}  // namespace

void BudgetOptions::AddTo(CLI::App* command) {
  CLI::Option* budget =
      command
          ->add_option("--budget", amounts,
                       "Tokens in and out, or dollars, of all data\nplanes together; may be given "
                       "for both")
          ->option_text("N/day|month, Nusd/...")
          ->allow_extra_args(false);
  command->add_option("--budget-warn", warn_percent, "Of it, when to warn (default 80)")
      ->option_text("PERCENT")
      ->check(NumberBetween(1, 100))
      ->needs(budget);
  command
      ->add_flag("--budget-strict", strict,
                 "Refuse rather than overdraw while data planes\n"
                 "cannot reach the control plane")
      ->needs(budget);
}

void BudgetOptions::AddNone(CLI::App* command) {
  command->add_flag("--no-budget", none, "No budget any more")->excludes("--budget");
}

absl::Status BudgetOptions::Fill(config::v1::ClientKey* key) const {
  for (const std::string& amount : amounts) {
    const absl::Status status = AddAmount(amount, key->mutable_budget());
    if (!status.ok()) return status;
  }
  if (warn_percent != 0) key->mutable_budget()->set_warn_percent(warn_percent);
  if (strict) key->mutable_budget()->set_strict(true);
  return absl::OkStatus();
}

void BudgetOptions::AddPaths(google::protobuf::FieldMask* mask) const {
  if (!amounts.empty() || none) mask->add_paths("budget");
}

std::string BudgetText(const config::v1::ClientKey& key) {
  if (!key.has_budget()) return "-";
  const Budget& budget = key.budget();
  const char* const time = budget.period() == config::v1::BUDGET_PERIOD_MONTH ? "/month" : "/day";
  std::string text;
  if (budget.has_tokens()) text = base::Cat(budget.tokens(), " tokens", time);
  if (!budget.has_cost_nanos()) return text;
  return base::Cat(text, text.empty() ? "" : " and ", "$", DollarsText(budget.cost_nanos()), time);
}

}  // namespace sluice::cli
