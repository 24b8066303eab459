// Session's part in the accounts: a batch of usage is checked and handed on, and its answer sent
// when it is stored; and so are reports of budgets, when they are answered.
#include <utility>

#include "common/base/text.h"
#include "controlplane/publish/session.h"
#include "controlplane/publish/watch_hub.h"
#include "controlplane/store/usage_check.h"

namespace sluice::publish {
namespace {

constexpr int kMostBudgetAccounts = 1000;

}  // namespace

void Session::OnUsageBatch(const fleet::v1::UsageBatch& batch) {
  auto usage = store::CheckUsage(node(), batch, hub_.clock().Now());
  absl::Status status = usage.status();
  if (status.ok()) {
    absl::MutexLock lock(&mutex_);
    if (std::exchange(usage_open_, true)) {
      status = absl::InvalidArgumentError(
          "the node sent a usage batch before the one before it was acknowledged");
    }
  }
  // In here no lock is held: the inbox has its own, and is emptied by who stores.
  if (status.ok()) return hub_.usage_inbox().Put(shared_from_this(), *std::move(usage));
  hub_.counters().refused_connections.fetch_add(1, std::memory_order_relaxed);
  Refuse(status);
}

void Session::AckUsage(const std::string& segment, int64_t stored) {
  absl::MutexLock lock(&mutex_);
  if (outlet_ == nullptr) return;
  usage_ack_due_.emplace();
  usage_ack_due_->set_segment(segment);
  usage_ack_due_->set_stored(stored);
  Pump();
}

void Session::OnBudgetReport(const fleet::v1::BudgetReport& report) {
  absl::Status status;
  if (report.number() < 1 || report.accounts_size() > kMostBudgetAccounts) {
    status = absl::InvalidArgumentError(base::Cat("the node sent budget report ", report.number(),
                                                  " with ", report.accounts_size(), " accounts"));
  } else {
    absl::MutexLock lock(&mutex_);
    if (std::exchange(budget_open_, true)) {
      status = absl::InvalidArgumentError(
          "the node sent a budget report before the one before it was answered");
    }
  }
  if (status.ok()) return hub_.usage_inbox().PutReport(shared_from_this(), report);
  hub_.counters().refused_connections.fetch_add(1, std::memory_order_relaxed);
  Refuse(status);
}

void Session::GrantBudget(fleet::v1::BudgetGrant grant) {
  absl::MutexLock lock(&mutex_);
  if (outlet_ == nullptr) return;
  budget_grant_due_ = std::move(grant);
  Pump();
}

void Session::SendAccounts() {
  if (usage_ack_due_.has_value()) return SendUsageAck();
  SendBudgetGrant();
}

void Session::SendBudgetGrant() {
  fleet::v1::ControlMessage message;
  *message.mutable_budget_grant() = *std::exchange(budget_grant_due_, std::nullopt);
  if (message.budget_grant().number() > 0) budget_open_ = false;
  accounts_went_last_ = true;
  Write(Encode(message));
}

void Session::SendUsageAck() {
  fleet::v1::ControlMessage message;
  *message.mutable_usage_ack() = *std::exchange(usage_ack_due_, std::nullopt);
  // From now on the node may send the next.
  usage_open_ = false;
  accounts_went_last_ = true;
  Write(Encode(message));
}

}  // namespace sluice::publish
