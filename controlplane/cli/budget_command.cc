// `sluicectl budget`: how far each client key's budget is.
#include <algorithm>
#include <string>

#include "common/base/text.h"
#include "controlplane/cli/budget_options.h"
#include "controlplane/cli/groups.h"
#include "controlplane/cli/money.h"
#include "controlplane/cli/table.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::cli {
namespace {

using admin::v1::BudgetState;
using admin::v1::UsageService;

std::string PercentOf(int64_t used, int64_t limit) {
  const double percent = static_cast<double>(used) * 100.0 / static_cast<double>(limit);
  return base::Cat(static_cast<int64_t>(std::min(percent, 999'999.0)), " %");
}

std::string SpentText(const BudgetState& state) {
  std::string text;
  if (state.budget().has_tokens()) {
    text = base::Cat(state.spent().tokens(), " (",
                     PercentOf(state.spent().tokens(), state.budget().tokens()), ")");
  }
  if (!state.budget().has_cost_nanos()) return text;
  return base::Cat(text, text.empty() ? "" : ", ", "$", DollarsText(state.spent().cost_nanos()),
                   " (", PercentOf(state.spent().cost_nanos(), state.budget().cost_nanos()), ")");
}

std::string StateText(BudgetState::State state) {
  switch (state) {
    case BudgetState::WARNED:
      return "warned";
    case BudgetState::EXCEEDED:
      return "exceeded";
    default:
      return "within";
  }
}

absl::Status ListBudgets(Session& session) {
  admin::v1::ListBudgetsResponse response;
  const absl::Status called =
      session.Call(&UsageService::Stub::ListBudgets, admin::v1::ListBudgetsRequest(), &response);
  if (!called.ok()) return called;
  return session.Print(response, [&](std::ostream& out) {
    Table table({"KEY", "STATE", "SPENT", "BUDGET"});
    for (const BudgetState& state : response.budgets()) {
      config::v1::ClientKey key;
      *key.mutable_budget() = state.budget();
      table.AddRow({Printable(state.client_key_name()), StateText(state.state()), SpentText(state),
                    BudgetText(key)});
    }
    table.Print(out);
    if (response.budgets().empty()) {
      session.Note("no key has a budget; sluicectl key update KEY --budget 20usd/month gives one");
    }
  });
}

}  // namespace

void AddBudgetCommand(CommandList& commands) {
  commands.Add(nullptr, "budget", "Show how far the budgets of keys are.", "sluicectl budget",
               ListBudgets);
}

}  // namespace sluice::cli
