// Budgets of client keys: answers the reports of nodes, warns, and says how far each budget is.
//
// OnStored and Answer: the thread that stores usage, so that what is stored and what is still on
// its way are told apart. The rest: any thread. Lives as long as the control plane.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "controlplane/publish/budget_ledger.h"
#include "controlplane/publish/usage_inbox.h"
#include "controlplane/store/store.h"
#include "controlplane/store/usage_store.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::service {

class BudgetDesk {
 public:
  // All must outlive the object.
  BudgetDesk(store::Store& store, store::UsageStore& usage, const base::Clock& clock)
      : store_(store), usage_(usage), clock_(clock) {}

  void OnStored(const store::AddedUsage& added);
  // Tells the session of the report what its node may use.
  void Answer(const publish::TakenUsage::Report& report);

  // The fullest first.
  absl::StatusOr<admin::v1::ListBudgetsResponse> List();
  const publish::BudgetLedger& ledger() const { return ledger_; }

 private:
  // What is lent to a node; nothing if it cannot be said now.
  std::optional<fleet::v1::BudgetGrant::Account> Lend(
      const std::string& node, const fleet::v1::BudgetReport::Account& account,
      const std::optional<config::v1::ClientKey>& key);
  // Of each account; none: there is no such key. Nothing of the store is held afterwards: a session
  // that is written to may wait for it.
  absl::StatusOr<std::vector<std::optional<config::v1::ClientKey>>> KeysOf(
      const fleet::v1::BudgetReport& report);
  absl::StatusOr<publish::Spent> StoredOf(const std::string& id, const base::UtcPeriod& period);
  absl::StatusOr<admin::v1::BudgetState> StateOf(const config::v1::ClientKey& key);
  // Once a minute, however often it happens.
  void WarnOfFailure(const absl::Status& status);

  store::Store& store_;
  store::UsageStore& usage_;
  const base::Clock& clock_;
  publish::BudgetLedger ledger_;
  absl::Time failure_said_ = absl::InfinitePast();  // the storing thread's
};

}  // namespace sluice::service
