#include "dataplane/link/budget_courier.h"

#include <utility>

namespace sluice::link {
namespace {

using fleet::v1::BudgetReport;

void Copy(const guard::Spending& from, fleet::v1::Spending* to) {
  to->set_tokens(from.tokens);
  to->set_cost_nanos(from.cost_nanos);
}

absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

}  // namespace

void BudgetCourier::Restart() {
  book_.SetInTouch(false);
  number_ = 0;
  answered_ = true;
  batch_sent_ = false;
  batch_.clear();
}

std::optional<fleet::v1::NodeMessage> BudgetCourier::Next() {
  if (!book_.in_touch() || !answered_ || batch_sent_) return std::nullopt;
  const auto accounts = book_.Tell(clock_.Now(), kMostAccounts);
  if (accounts.empty()) return std::nullopt;
  fleet::v1::NodeMessage message;
  BudgetReport* report = message.mutable_budget_report();
  report->set_number(++number_);
  answered_ = false;
  for (const guard::BudgetBook::Account& account : accounts) {
    BudgetReport::Account* told = report->add_accounts();
    told->set_client_key_id(account.client_key_id);
    told->mutable_period()->set_seconds(absl::ToUnixSeconds(account.report.period));
    Copy(account.report.outstanding, told->mutable_outstanding());
    Copy(account.report.unused, told->mutable_unused());
    Copy(account.report.wanted, told->mutable_wanted());
  }
  return message;
}

bool BudgetCourier::Take(const fleet::v1::BudgetGrant& grant) {
  if (grant.number() == 0) {
    book_.SetInTouch(true);
    return false;
  }
  if (answered_ || grant.number() != number_) return false;
  answered_ = true;
  for (const auto& account : grant.accounts()) {
    book_.Lend(account.client_key_id(), TimeOf(account.period()),
               {account.extra().tokens(), account.extra().cost_nanos()});
  }
  return grant.accounts_size() > 0;
}

void BudgetCourier::Sent(const fleet::v1::UsageBatch& batch) {
  batch_sent_ = true;
  segment_ = batch.segment();
  first_ = batch.first();
  batch_.clear();
  batch_.reserve(static_cast<size_t>(batch.records_size()));
  for (const fleet::v1::UsageRecord& record : batch.records()) {
    batch_.push_back({record.client_key_id(),
                      TimeOf(record.ended_at()),
                      {record.input_tokens() + record.output_tokens(), record.cost_nanos()}});
  }
}

void BudgetCourier::Stored(const fleet::v1::UsageAck& ack) {
  batch_sent_ = false;
  if (ack.segment() != segment_) return;
  for (size_t i = 0; i < batch_.size() && first_ + static_cast<int64_t>(i) <= ack.stored(); ++i) {
    const Sum& sum = batch_[i];
    if (sum.used == guard::Spending{}) continue;
    const bool ours = sum.ended_at >= began_;
    book_.Deliver(sum.client_key_id, sum.ended_at, ours ? sum.used : guard::Spending{});
  }
  batch_.clear();
}

}  // namespace sluice::link
