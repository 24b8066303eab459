// Budgets on the link: what a node reports, and what it makes of the answer.
#include <gmock/gmock.h>

#include <atomic>

#include "tests/unit/dataplane/link/control_link_fixture.h"

namespace sluice::link {
namespace {

using guard::BudgetGate;
using guard::BudgetTerms;
using Verdict = BudgetGate::Verdict;
using Messages = std::vector<fleet::v1::ControlMessage>;

const BudgetTerms kTerms{.tokens = 1000};

fleet::v1::ControlMessage Welcome() {
  fleet::v1::ControlMessage message;
  message.mutable_budget_grant();
  return message;
}

// Lends `tokens` to every account of the report.
fleet::v1::ControlMessage GrantOf(const NodeMessage& report, int64_t tokens) {
  fleet::v1::ControlMessage message;
  fleet::v1::BudgetGrant* grant = message.mutable_budget_grant();
  grant->set_number(report.budget_report().number());
  for (const auto& account : report.budget_report().accounts()) {
    auto* lent = grant->add_accounts();
    lent->set_client_key_id(account.client_key_id());
    *lent->mutable_period() = account.period();
    lent->mutable_extra()->set_tokens(tokens);
  }
  return message;
}

class BudgetsOnTheLinkTest : public ControlLinkTest {
 protected:
  BudgetsOnTheLinkTest() {
    options_.heartbeat = std::chrono::hours(1);
    options_.budgets = &book_;
    options_.on_budgets = [this] { ++looks_; };
    auto spool = observe::UsageSpool::Open({folder_.File("usage")}, clock_);
    EXPECT_TRUE(spool.ok()) << spool.status();
    spool_ = *std::move(spool);
    options_.usage = spool_.get();
  }
  ~BudgetsOnTheLinkTest() override {
    if (link_) link_->Stop();
  }
  void StartWith(const Messages& messages) {
    Messages answer = test::SnapshotOf(Sample(), "e", 1);
    answer.insert(answer.end(), messages.begin(), messages.end());
    control_plane_.AnswerWith({answer});
    Start();
  }
  Verdict Admit() { return book_.Admit(kTerms, "ck", guard_, clock_.Now()); }
  void Spend(int64_t tokens) { book_.Spend(kTerms, "ck", guard_, clock_.Now(), {tokens, 0}); }
  NodeMessage Report(int64_t count) {
    EXPECT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kBudgetReport, count)));
    return Last(control_plane_.Inbox(), NodeMessage::kBudgetReport);
  }
  bool InTouch() {
    return Until([&](const auto&) { return book_.in_touch(); });
  }
  bool Looked(int times) {
    return Until([&](const auto&) { return looks_.load() >= times; });
  }

  guard::BudgetBook book_;
  const std::shared_ptr<guard::ClientKeyGuard> guard_ = std::make_shared<guard::ClientKeyGuard>();
  std::atomic<int> looks_{0};
  std::unique_ptr<observe::UsageSpool> spool_;
};

TEST_F(BudgetsOnTheLinkTest, AsksAtOnceAndHasThoseThatWaitLookAgain) {
  StartWith({Welcome()});
  ASSERT_TRUE(InTouch());
  EXPECT_EQ(Admit(), Verdict::kWait);
  const NodeMessage report = Report(1);
  ASSERT_EQ(report.budget_report().accounts_size(), 1);
  EXPECT_EQ(report.budget_report().number(), 1);
  EXPECT_EQ(report.budget_report().accounts(0).client_key_id(), "ck");
  EXPECT_GT(report.budget_report().accounts(0).wanted().tokens(), 0);
  control_plane_.Push({GrantOf(report, 50)});
  ASSERT_TRUE(Looked(1));
  EXPECT_EQ(Admit(), Verdict::kGo);
  Spend(50);
  const NodeMessage more = Report(2);
  EXPECT_EQ(more.budget_report().accounts(0).outstanding().tokens(), 50);
  control_plane_.Push({GrantOf(more, 0)});
  ASSERT_TRUE(Looked(2));
  EXPECT_EQ(Admit(), Verdict::kExceeded);
}

TEST_F(BudgetsOnTheLinkTest, AControlPlaneThatDoesNotKnowBudgetsIsNotAsked) {
  StartWith({});
  ASSERT_TRUE(Until([](const auto& state) { return state.connected; }));
  EXPECT_EQ(Admit(), Verdict::kGo);
  Spend(5);
  link_->OnUsage();
  EXPECT_EQ(CountOf(control_plane_.Inbox(), NodeMessage::kBudgetReport), 0);
  EXPECT_FALSE(book_.in_touch());
}

TEST_F(BudgetsOnTheLinkTest, AnAnswerToAnotherReportIsNone) {
  StartWith({Welcome()});
  ASSERT_TRUE(InTouch());
  Admit();
  const NodeMessage report = Report(1);
  auto wrong = GrantOf(report, 50);
  wrong.mutable_budget_grant()->set_number(7);
  control_plane_.Push({wrong, GrantOf(report, 3)});
  ASSERT_TRUE(Looked(1));
  EXPECT_EQ(Admit(), Verdict::kGo);
  Spend(3);
  EXPECT_EQ(Admit(), Verdict::kWait) << "50 were never lent";
}

TEST_F(BudgetsOnTheLinkTest, ANewConnectionIsToldAll) {
  StartWith({Welcome()});
  ASSERT_TRUE(InTouch());
  Admit();
  control_plane_.Push({GrantOf(Report(1), 500)});
  ASSERT_TRUE(Looked(1));
  Spend(20);
  control_plane_.Cut();
  ASSERT_TRUE(Until([&](const auto&) { return !book_.in_touch(); }));
  EXPECT_EQ(Admit(), Verdict::kGo) << "what is lent is lent";
  const auto is_new = [](const Inbox& inbox) {
    return CountOf(inbox, NodeMessage::kHello) >= 2 &&
           inbox.back().message_case() == NodeMessage::kBudgetReport;
  };
  ASSERT_TRUE(control_plane_.WaitFor(is_new));
  const NodeMessage report = Last(control_plane_.Inbox(), NodeMessage::kBudgetReport);
  EXPECT_EQ(report.budget_report().number(), 1) << "of this connection";
  EXPECT_EQ(report.budget_report().accounts(0).outstanding().tokens(), 20);
  EXPECT_EQ(report.budget_report().accounts(0).unused().tokens(), 480);
}

TEST_F(BudgetsOnTheLinkTest, WhatIsStoredIsNoLongerOutstanding) {
  StartWith({Welcome()});
  ASSERT_TRUE(InTouch());
  Admit();
  control_plane_.Push({GrantOf(Report(1), 100)});
  ASSERT_TRUE(Looked(1));
  for (const int tokens : {30, 40}) {
    Spend(tokens);
    fleet::v1::UsageRecord record;
    record.set_requests(1);
    record.set_client_key_id("ck");
    record.set_input_tokens(tokens);
    record.mutable_ended_at()->set_seconds(absl::ToUnixSeconds(clock_.Now()));
    spool_->Add(record);
  }
  spool_->Write();
  link_->OnUsage();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kUsageBatch)));
  const NodeMessage batch = Last(control_plane_.Inbox(), NodeMessage::kUsageBatch);
  ASSERT_EQ(batch.usage_batch().records_size(), 2);
  fleet::v1::ControlMessage ack;
  ack.mutable_usage_ack()->set_segment(batch.usage_batch().segment());
  ack.mutable_usage_ack()->set_stored(batch.usage_batch().first());  // the first alone
  control_plane_.Push({ack, GrantOf(Report(2), 0)});
  ASSERT_TRUE(Looked(2));
  link_->OnUsage();
  const NodeMessage report = Report(3);
  EXPECT_EQ(report.budget_report().accounts(0).outstanding().tokens(), 40);
}

}  // namespace
}  // namespace sluice::link
