#include "controlplane/service/usage_intake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/deadline.h"
#include "tests/support/fake_clock.h"
#include "tests/unit/controlplane/publish/fake_fleet.h"
#include "tests/unit/controlplane/store/usage_samples.h"

namespace sluice::service {
namespace {

using publish::EncodedMessage;
using publish::Session;

// A node whose stream takes everything at once, and that remembers how far its usage is stored.
class UsageNode final : public publish::NodeOutlet {
 public:
  UsageNode(publish::WatchHub& hub, std::string id) : hub_(hub), id_(std::move(id)) {
    session_ = hub_.Open(*this, "ipv4:1");
    fleet::v1::NodeMessage hello;
    hello.mutable_hello()->set_node_id(id_);
    session_->OnMessage(hello);
    Taken();
  }
  ~UsageNode() override { Leave(); }

  void Send(char segment, int first, int count, absl::Time at) {
    fleet::v1::NodeMessage message;
    *message.mutable_usage_batch() = store::NumberedUsage(id_, segment, first, count, at).batch;
    session_->OnMessage(message);
  }
  // Waits for the next answer; -1 if there is none in time.
  int64_t NextAck() {
    absl::MutexLock lock(&mutex_);
    if (!mutex_.AwaitWithTimeout(absl::Condition(this, &UsageNode::HasAck), absl::Seconds(30))) {
      return -1;
    }
    const int64_t stored = acks_.front();
    acks_.erase(acks_.begin());
    return stored;
  }
  bool AnythingAcked() {
    absl::MutexLock lock(&mutex_);
    return !acks_.empty();
  }
  // The transport took the message.
  void Taken() { session_->OnWriteDone(); }
  void Leave() {
    if (session_ != nullptr) hub_.Leave(std::exchange(session_, nullptr));
  }

  void Write(const EncodedMessage& message) override {
    fleet::v1::ControlMessage received;
    EXPECT_TRUE(received.ParseFromString(std::string(message->Reveal())));
    absl::MutexLock lock(&mutex_);
    if (received.has_usage_ack()) acks_.push_back(received.usage_ack().stored());
  }
  void Close(const absl::Status&, bool) override {}

 private:
  bool HasAck() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return !acks_.empty(); }

  publish::WatchHub& hub_;
  const std::string id_;
  std::shared_ptr<Session> session_;
  absl::Mutex mutex_;
  std::vector<int64_t> acks_ ABSL_GUARDED_BY(mutex_);
};

class UsageIntakeTest : public publish::PublishFixture {
 protected:
  void Start(const store::UsageTerms& terms = {}) {
    usage_ = store::OpenUsage(folder_.File("usage.db"), terms);
    budgets_ = std::make_unique<BudgetDesk>(*store_, *usage_, moving_clock_);
    intake_ = std::make_unique<UsageIntake>(*usage_, hub_.usage_inbox(), *budgets_, moving_clock_,
                                            absl::Milliseconds(1), &hub_.activity());
  }
  absl::Time now() const { return moving_clock_.Now(); }

  test::FakeClock moving_clock_{store::kUsageTime};
  std::unique_ptr<store::UsageStore> usage_;
  std::unique_ptr<BudgetDesk> budgets_;
  std::unique_ptr<UsageIntake> intake_;
};

TEST_F(UsageIntakeTest, WhatIsAcknowledgedIsStored) {
  clock_.now = store::kUsageTime;
  Start();
  UsageNode one(hub_, "n1");
  UsageNode two(hub_, "n2");
  for (int round = 0; round < 20; ++round) {
    one.Send('a', 1 + round * 3, 3, now());
    two.Send('b', 1 + round * 2, 2, now());
    ASSERT_EQ(one.NextAck(), 3 + round * 3);
    EXPECT_GE(store::AllUsage(*usage_).requests(), 3 * (round + 1));
    one.Taken();
    ASSERT_EQ(two.NextAck(), 2 + round * 2);
    two.Taken();
    EXPECT_EQ(store::AllUsage(*usage_).requests(), 5 * (round + 1));
  }
  EXPECT_EQ(intake_->counters().batches, 40u);
  EXPECT_EQ(intake_->counters().records, 100u);
  EXPECT_EQ(intake_->counters().failures, 0u);
  EXPECT_EQ(intake_->counters().newest, absl::ToUnixMicros(store::kUsageTime));
}

TEST_F(UsageIntakeTest, DuplicatesAndGapsAreCounted) {
  clock_.now = store::kUsageTime;
  Start();
  UsageNode node(hub_, "n1");
  node.Send('a', 1, 3, now());
  ASSERT_EQ(node.NextAck(), 3);
  node.Taken();
  node.Send('a', 1, 3, now());
  ASSERT_EQ(node.NextAck(), 3);
  node.Taken();
  node.Send('a', 8, 2, now());
  ASSERT_EQ(node.NextAck(), 9);
  EXPECT_EQ(intake_->counters().duplicates, 3u);
  EXPECT_EQ(intake_->counters().gaps, 1u);
  EXPECT_EQ(intake_->counters().lost, 4u);
  EXPECT_EQ(store::AllUsage(*usage_).requests(), 5);
}

TEST_F(UsageIntakeTest, WhatIsStoredIsActivityOnce) {
  clock_.now = store::kUsageTime;
  Start();
  UsageNode node(hub_, "n1");
  node.Send('a', 1, 3, now());
  ASSERT_EQ(node.NextAck(), 3);
  node.Taken();
  // All of it again, then with more behind it.
  node.Send('a', 1, 3, now());
  ASSERT_EQ(node.NextAck(), 3);
  node.Taken();
  node.Send('a', 2, 4, now());
  ASSERT_EQ(node.NextAck(), 5);
  const auto activity = hub_.activity().Read(60, now());
  EXPECT_EQ(activity.total().requests(), 5);
  EXPECT_EQ(activity.total().tokens(), 1 + 2 + 3 + 4 + 5);
  ASSERT_EQ(activity.nodes_size(), 1);
  EXPECT_EQ(activity.nodes(0).name(), "n1");
}

TEST_F(UsageIntakeTest, NothingIsAcknowledgedWhileTheDiskIsFullAndAllOfItWhenThereIsRoom) {
  clock_.now = store::kUsageTime;
  Start({.detail_days = 7, .days = 400, .most_pages = 60});
  UsageNode node(hub_, "n1");
  int64_t stored = 0;
  while (intake_->counters().failures == 0) {
    node.Send('a', static_cast<int>(stored) + 1, 100, now());
    ASSERT_TRUE(
        test::Eventually([&] { return node.AnythingAcked() || intake_->counters().failures > 0; }));
    if (!node.AnythingAcked()) break;
    stored = node.NextAck();
    node.Taken();
    ASSERT_LT(stored, 100'000);
  }
  // It is tried again and again, others come, and nobody is told.
  UsageNode other(hub_, "n2");
  other.Send('b', 1, 100, now());
  const uint64_t failures = intake_->counters().failures;
  ASSERT_TRUE(test::Eventually([&] { return intake_->counters().failures > failures + 5; }));
  EXPECT_FALSE(node.AnythingAcked());
  EXPECT_FALSE(other.AnythingAcked());
  EXPECT_EQ(store::AllUsage(*usage_).requests(), stored);
  // What is old goes by itself, and makes room.
  moving_clock_.Advance(absl::Hours(24 * 9));
  EXPECT_EQ(node.NextAck(), stored + 100);
  EXPECT_EQ(other.NextAck(), 100);
  EXPECT_EQ(store::AllUsage(*usage_).requests(), stored + 200);
}

TEST_F(UsageIntakeTest, ANodeThatLeftIsNoMatter) {
  clock_.now = store::kUsageTime;
  Start();
  for (int i = 0; i < 50; ++i) {
    UsageNode node(hub_, "n" + std::to_string(i % 3));
    node.Send(static_cast<char>('a' + i % 20), 1 + i / 20, 1, now());
  }
  UsageNode last(hub_, "last");
  last.Send('z', 1, 1, now());
  EXPECT_EQ(last.NextAck(), 1);
}

TEST_F(UsageIntakeTest, WhatItStopsAtIsStoredOrNotAcknowledged) {
  clock_.now = store::kUsageTime;
  std::vector<std::unique_ptr<UsageNode>> nodes;
  Start();
  for (int i = 0; i < 30; ++i) {
    nodes.push_back(std::make_unique<UsageNode>(hub_, "n" + std::to_string(i)));
    nodes.back()->Send(static_cast<char>('A' + i), 1, 10, now());
  }
  intake_.reset();
  int64_t acknowledged = 0;
  for (const auto& node : nodes) acknowledged += node->AnythingAcked() ? 10 : 0;
  usage_.reset();
  const auto reopened = store::OpenUsage(folder_.File("usage.db"));
  EXPECT_EQ(store::AllUsage(*reopened).requests(), acknowledged);
}

TEST_F(UsageIntakeTest, TheAgeOfTheNewestIsKnownAfterARestart) {
  clock_.now = store::kUsageTime;
  Start();
  UsageNode node(hub_, "n1");
  node.Send('a', 1, 1, now());
  ASSERT_EQ(node.NextAck(), 1);
  intake_.reset();
  usage_.reset();
  usage_ = store::OpenUsage(folder_.File("usage.db"));
  publish::UsageInbox inbox;
  const UsageIntake again(*usage_, inbox, *budgets_, moving_clock_);
  EXPECT_EQ(again.counters().newest, absl::ToUnixMicros(store::kUsageTime));
}

}  // namespace
}  // namespace sluice::service
