#include "controlplane/service/budget_desk.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "controlplane/ops/row_messages.h"
#include "controlplane/publish/session.h"
#include "controlplane/store/timestamp.h"

namespace sluice::service {
namespace {

using admin::v1::BudgetState;
using config::v1::Budget;
using config::v1::ClientKey;
using fleet::v1::BudgetGrant;
using publish::Spent;

constexpr absl::Duration kSayInterval = absl::Minutes(1);

void Copy(const Spent& from, fleet::v1::Spending* to) {
  to->set_tokens(from.tokens);
  to->set_cost_nanos(from.cost_nanos);
}

Spent SpentOf(const admin::v1::UsageSums& sums) {
  return {sums.input_tokens() + sums.output_tokens(), sums.cost_nanos()};
}

void Say(const ClientKey& key, BudgetState::State state) {
  const char* const period =
      key.budget().period() == config::v1::BUDGET_PERIOD_MONTH ? "month" : "day";
  if (state == BudgetState::EXCEEDED) {
    spdlog::warn("client key {} ({}) has used up its budget of the {}: its requests are refused",
                 key.name(), key.id(), period);
  } else {
    spdlog::warn("client key {} ({}) has used most of its budget of the {}", key.name(), key.id(),
                 period);
  }
}

Budget OfTheOtherPeriod(Budget budget) {
  const bool monthly = budget.period() == config::v1::BUDGET_PERIOD_MONTH;
  budget.set_period(monthly ? config::v1::BUDGET_PERIOD_DAY : config::v1::BUDGET_PERIOD_MONTH);
  return budget;
}

// Of the measure that is fuller.
double Fullness(const BudgetState& state) {
  const auto part = [](bool limited, int64_t used, int64_t limit) {
    return limited ? static_cast<double>(used) / static_cast<double>(limit) : 0.0;
  };
  const Budget& budget = state.budget();
  return std::max(part(budget.has_tokens(), state.spent().tokens(), budget.tokens()),
                  part(budget.has_cost_nanos(), state.spent().cost_nanos(), budget.cost_nanos()));
}

}  // namespace

void BudgetDesk::OnStored(const store::AddedUsage& added) {
  for (const auto& [group, sums] : added.sums) {
    ledger_.OnStored(group.node, group.client_key, absl::FromUnixSeconds(group.hour),
                     SpentOf(sums));
  }
}

absl::StatusOr<Spent> BudgetDesk::StoredOf(const std::string& id, const base::UtcPeriod& period) {
  auto sums = usage_.SumOf(id, period.begin, period.end);
  if (!sums.ok()) return sums.status();
  return SpentOf(*sums);
}

void BudgetDesk::WarnOfFailure(const absl::Status& status) {
  const absl::Time now = clock_.Now();
  if (now - failure_said_ < kSayInterval) return;
  failure_said_ = now;
  spdlog::warn("budgets cannot be lent to nodes ({}); it is tried again",
               base::ToStd(status.message()));
}

std::optional<BudgetGrant::Account> BudgetDesk::Lend(
    const std::string& node, const fleet::v1::BudgetReport::Account& account,
    const std::optional<ClientKey>& key) {
  // Where the node still goes by what it had, it is not held up: it will be told soon, or a rollout
  // is under way.
  const auto all_of_it = [&] {
    BudgetGrant::Account all;
    all.set_client_key_id(account.client_key_id());
    *all.mutable_period() = account.period();
    *all.mutable_extra() = account.wanted();
    return all;
  };
  if (!key.has_value()) return all_of_it();
  if (!key->has_budget() || key->has_revoked_at()) {
    ledger_.Forget(key->id());
    return all_of_it();
  }
  const absl::Time now = clock_.Now();
  const absl::Time begin = absl::FromUnixSeconds(account.period().seconds());
  if (!publish::BudgetLedger::Fits(key->budget(), begin, now) &&
      publish::BudgetLedger::Fits(OfTheOtherPeriod(key->budget()), begin, now)) {
    return all_of_it();
  }
  auto answer = ledger_.Take(node, account, key->budget(), now,
                             [this](const std::string& id, const base::UtcPeriod& period) {
                               return StoredOf(id, period);
                             });
  if (!answer.ok()) {
    WarnOfFailure(answer.status());
    return std::nullopt;
  }
  if (answer->warning.has_value()) Say(*key, *answer->warning);
  return std::move(answer->account);
}

absl::StatusOr<std::vector<std::optional<ClientKey>>> BudgetDesk::KeysOf(
    const fleet::v1::BudgetReport& report) {
  auto reading = store_.Read();
  if (!reading.ok()) return reading.status();
  std::vector<std::optional<ClientKey>> keys;
  keys.reserve(static_cast<size_t>(report.accounts_size()));
  for (const auto& account : report.accounts()) {
    auto row =
        (*reading)->rows().FindById(store::ResourceKind::kClientKey, account.client_key_id());
    if (!row.ok()) return row.status();
    auto& key = keys.emplace_back();
    if (!row->has_value()) continue;
    auto decoded = store::Decode<ClientKey>(**row);
    if (!decoded.ok()) return decoded.status();
    key = *std::move(decoded);
  }
  return keys;
}

void BudgetDesk::Answer(const publish::TakenUsage::Report& report) {
  BudgetGrant grant;
  grant.set_number(report.report.number());
  const std::string node = report.session->node();
  const auto keys = KeysOf(report.report);
  if (!keys.ok()) WarnOfFailure(keys.status());
  for (int i = 0; keys.ok() && i < report.report.accounts_size(); ++i) {
    auto lent = Lend(node, report.report.accounts(i), (*keys)[static_cast<size_t>(i)]);
    if (lent.has_value()) *grant.add_accounts() = *std::move(lent);
  }
  report.session->GrantBudget(std::move(grant));
}

absl::StatusOr<BudgetState> BudgetDesk::StateOf(const ClientKey& key) {
  const base::UtcPeriod period = publish::PeriodOf(key.budget(), clock_.Now());
  auto spent = StoredOf(key.id(), period);
  if (!spent.ok()) return spent.status();
  const publish::BudgetLedger::Held held = ledger_.HeldOf(key.id(), period.begin);
  *spent += held.outstanding;
  BudgetState state;
  state.set_client_key_id(key.id());
  state.set_client_key_name(key.name());
  *state.mutable_budget() = key.budget();
  state.mutable_period()->set_seconds(absl::ToUnixSeconds(period.begin));
  state.mutable_ends()->set_seconds(absl::ToUnixSeconds(period.end));
  Copy(*spent, state.mutable_spent());
  Copy(held.unused, state.mutable_lent());
  state.set_state(publish::BudgetLedger::StateOf(key.budget(), *spent));
  return state;
}

absl::StatusOr<admin::v1::ListBudgetsResponse> BudgetDesk::List() {
  std::vector<ClientKey> keys;
  {
    auto reading = store_.Read();
    if (!reading.ok()) return reading.status();
    auto all = ops::ListMessages<ClientKey>((*reading)->rows(), store::ResourceKind::kClientKey);
    if (!all.ok()) return all.status();
    for (ClientKey& key : *all) {
      if (key.has_budget() && !key.has_revoked_at()) keys.push_back(std::move(key));
    }
  }
  std::vector<BudgetState> states;
  states.reserve(keys.size());
  for (const ClientKey& key : keys) {
    auto state = StateOf(key);
    if (!state.ok()) return state.status();
    states.push_back(*std::move(state));
  }
  std::stable_sort(states.begin(), states.end(), [](const BudgetState& a, const BudgetState& b) {
    return Fullness(a) > Fullness(b);
  });
  admin::v1::ListBudgetsResponse response;
  for (BudgetState& state : states) *response.add_budgets() = std::move(state);
  return response;
}

}  // namespace sluice::service
