#include "controlplane/service/budget_desk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "controlplane/service/usage_intake.h"
#include "controlplane/store/resource.h"
#include "tests/support/deadline.h"
#include "tests/support/fake_clock.h"
#include "tests/unit/controlplane/publish/fake_fleet.h"
#include "tests/unit/controlplane/store/usage_samples.h"

namespace sluice::service {
namespace {

using admin::v1::BudgetState;
using fleet::v1::BudgetGrant;

const absl::Time kDay =
    absl::FromUnixSeconds(absl::ToUnixSeconds(store::kUsageTime) / 86400 * 86400);

// A node that can budgets, whose stream takes everything at once.
class BudgetNode final : public publish::NodeOutlet {
 public:
  BudgetNode(publish::WatchHub& hub, const std::string& id) : hub_(hub) {
    session_ = hub_.Open(*this, "ipv4:1");
    fleet::v1::NodeMessage hello;
    hello.mutable_hello()->set_node_id(id);
    hello.mutable_hello()->add_capabilities("budget");
    session_->OnMessage(hello);
    while (grants_seen() == 0) session_->OnWriteDone();
  }
  ~BudgetNode() override { hub_.Leave(session_); }

  // The answer to a report of one account; none in time: an empty one.
  BudgetGrant Ask(int64_t outstanding, int64_t wanted, const std::string& key = "ck",
                  absl::Time period = kDay) {
    session_->OnWriteDone();  // the grant before
    fleet::v1::NodeMessage message;
    auto* report = message.mutable_budget_report();
    report->set_number(++number_);
    auto* account = report->add_accounts();
    account->set_client_key_id(key);
    account->mutable_period()->set_seconds(absl::ToUnixSeconds(period));
    account->mutable_outstanding()->set_tokens(outstanding);
    account->mutable_wanted()->set_tokens(wanted);
    session_->OnMessage(message);
    absl::MutexLock lock(&mutex_);
    const auto answered = [this] { return !grants_.empty() && grants_.back().number() == number_; };
    if (!mutex_.AwaitWithTimeout(absl::Condition(&answered), absl::Seconds(30))) return {};
    return grants_.back();
  }
  void Send(const fleet::v1::UsageBatch& batch) {
    fleet::v1::NodeMessage message;
    *message.mutable_usage_batch() = batch;
    session_->OnMessage(message);
  }
  void SendNonsense() {
    fleet::v1::NodeMessage message;
    message.mutable_budget_report()->set_number(0);
    session_->OnMessage(message);
    session_->OnWriteDone();  // what was being written
  }
  size_t grants_seen() {
    absl::MutexLock lock(&mutex_);
    return grants_.size();
  }
  absl::Status closed() {
    absl::MutexLock lock(&mutex_);
    return closed_;
  }
  void Write(const publish::EncodedMessage& message) override {
    fleet::v1::ControlMessage received;
    EXPECT_TRUE(received.ParseFromString(std::string(message->Reveal())));
    absl::MutexLock lock(&mutex_);
    if (received.has_budget_grant()) grants_.push_back(received.budget_grant());
  }
  void Close(const absl::Status& status, bool) override {
    absl::MutexLock lock(&mutex_);
    closed_ = status;
  }

 private:
  publish::WatchHub& hub_;
  std::shared_ptr<publish::Session> session_;
  int64_t number_ = 0;
  absl::Mutex mutex_;
  std::vector<BudgetGrant> grants_ ABSL_GUARDED_BY(mutex_);
  absl::Status closed_ ABSL_GUARDED_BY(mutex_);
};

class BudgetDeskTest : public publish::PublishFixture {
 protected:
  BudgetDeskTest() {
    clock_.now = store::kUsageTime;
    usage_ = store::OpenUsage(folder_.File("usage.db"), {});
    desk_ = std::make_unique<BudgetDesk>(*store_, *usage_, moving_clock_);
    intake_ = std::make_unique<UsageIntake>(*usage_, hub_.usage_inbox(), *desk_, moving_clock_,
                                            absl::Milliseconds(1));
  }
  ~BudgetDeskTest() override { intake_.reset(); }

  void PutKey(const std::string& id, int64_t tokens,
              config::v1::BudgetPeriod period = config::v1::BUDGET_PERIOD_DAY) {
    config::v1::ClientKey key;
    key.set_id(id);
    key.set_name(id + "-name");
    if (tokens > 0) {
      key.mutable_budget()->set_period(period);
      key.mutable_budget()->set_tokens(tokens);
    }
    const auto committed = store::Commit(*store_, store::RowOf(key, std::string(32, id.back())));
    ASSERT_TRUE(committed.ok()) << committed.status();
  }
  // As if a node had used them.
  void Store(const std::string& key, int64_t tokens, char segment) {
    store::NodeUsage usage = store::NumberedUsage("other", segment, 1, 1, store::kUsageTime);
    usage.batch.mutable_records(0)->set_client_key_id(key);
    usage.batch.mutable_records(0)->set_input_tokens(tokens);
    usage.batch.mutable_records(0)->set_output_tokens(0);
    const auto added = usage_->Add({usage}, store::kUsageTime);
    ASSERT_TRUE(added.ok()) << added.status();
    desk_->OnStored(*added);
  }
  static int64_t Lent(const BudgetGrant& grant) {
    return grant.accounts_size() == 1 ? grant.accounts(0).extra().tokens() : -1;
  }

  test::FakeClock moving_clock_{store::kUsageTime};
  std::unique_ptr<store::UsageStore> usage_;
  std::unique_ptr<BudgetDesk> desk_;
  std::unique_ptr<UsageIntake> intake_;
};

TEST_F(BudgetDeskTest, LendsWhatIsNeitherStoredNorHeld) {
  PutKey("ck", 1000);
  Store("ck", 600, 'x');
  BudgetNode one(hub_, "one");
  BudgetNode two(hub_, "two");
  EXPECT_EQ(Lent(one.Ask(0, 10'000)), 100) << "a quarter of what is left";
  EXPECT_EQ(Lent(two.Ask(100, 10'000)), 50);
  Store("ck", 400, 'y');
  EXPECT_EQ(Lent(two.Ask(0, 10'000)), 0);
}

TEST_F(BudgetDeskTest, WhoStillGoesByWhatHasChangedIsNotHeldUp) {
  PutKey("free", 0);
  PutKey("monthly", 5, config::v1::BUDGET_PERIOD_MONTH);
  BudgetNode node(hub_, "one");
  EXPECT_EQ(Lent(node.Ask(0, 77, "free")), 77) << "its budget was taken away";
  EXPECT_EQ(Lent(node.Ask(0, 78, "gone")), 78);
  EXPECT_EQ(Lent(node.Ask(0, 79, "monthly")), 79) << "it was of a day";
  EXPECT_EQ(Lent(node.Ask(0, 80, "monthly", kDay - absl::Hours(24 * 90))), 0) << "long over";
}

TEST_F(BudgetDeskTest, ListsTheFullestFirst) {
  PutKey("a", 1000);
  PutKey("b", 1000);
  PutKey("c", 0);
  Store("a", 100, 'x');
  Store("b", 850, 'y');
  BudgetNode node(hub_, "one");
  node.Ask(50, 4, "b");
  const auto listed = desk_->List();
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_EQ(listed->budgets_size(), 2);
  EXPECT_EQ(listed->budgets(0).client_key_id(), "b");
  EXPECT_EQ(listed->budgets(0).spent().tokens(), 900);
  EXPECT_EQ(listed->budgets(0).lent().tokens(), 4);
  EXPECT_EQ(listed->budgets(0).state(), BudgetState::WARNED);
  EXPECT_EQ(listed->budgets(1).spent().tokens(), 100);
  EXPECT_EQ(listed->budgets(1).state(), BudgetState::WITHIN);
}

TEST_F(BudgetDeskTest, AReportThatIsNoneClosesTheStream) {
  BudgetNode node(hub_, "one");
  node.SendNonsense();
  EXPECT_THAT(node.closed().ToString(), testing::HasSubstr("budget report 0"));
}

}  // namespace
}  // namespace sluice::service
