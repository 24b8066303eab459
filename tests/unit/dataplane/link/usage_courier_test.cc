// Records of usage on the link: one batch at a time, again after a loss.
#include <gmock/gmock.h>

#include "tests/unit/dataplane/link/control_link_fixture.h"

namespace sluice::link {
namespace {

using Messages = std::vector<fleet::v1::ControlMessage>;

fleet::v1::UsageRecord Record(int64_t number) {
  fleet::v1::UsageRecord record;
  record.set_requests(1);
  record.set_client_key_id("key");
  record.set_input_tokens(number);
  return record;
}

Messages AckOf(const NodeMessage& message) {
  fleet::v1::ControlMessage ack;
  ack.mutable_usage_ack()->set_segment(message.usage_batch().segment());
  ack.mutable_usage_ack()->set_stored(message.usage_batch().first() +
                                      message.usage_batch().records_size() - 1);
  return {ack};
}

class UsageOnTheLinkTest : public ControlLinkTest {
 protected:
  UsageOnTheLinkTest() {
    options_.heartbeat = std::chrono::hours(1);
    auto spool = observe::UsageSpool::Open({folder_.File("usage")}, clock_);
    EXPECT_TRUE(spool.ok()) << spool.status();
    spool_ = *std::move(spool);
    options_.usage = spool_.get();
    control_plane_.AnswerWith({test::SnapshotOf(Sample(), "e", 1)});
  }
  ~UsageOnTheLinkTest() override {
    if (link_) link_->Stop();
  }
  void Add(int from, int to) {
    for (int i = from; i <= to; ++i) spool_->Add(Record(i));
    spool_->Write();
  }
  NodeMessage Batch(int64_t count) {
    EXPECT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kUsageBatch, count)));
    return Last(control_plane_.Inbox(), NodeMessage::kUsageBatch);
  }

  std::unique_ptr<observe::UsageSpool> spool_;
};

TEST_F(UsageOnTheLinkTest, WhatIsThereIsSentAtTheFirstAnswerAndDroppedWhenStored) {
  Add(1, 3);
  Start();
  const NodeMessage batch = Batch(1);
  EXPECT_EQ(batch.usage_batch().first(), 1);
  EXPECT_EQ(batch.usage_batch().records_size(), 3);
  Add(4, 5);
  link_->OnUsage();
  control_plane_.Push(AckOf(batch));
  ASSERT_TRUE(Until([&](const auto&) { return spool_->state().waiting == 2; }));
  link_->OnUsage();
  const NodeMessage next = Batch(2);
  EXPECT_EQ(next.usage_batch().first(), 4);
  EXPECT_EQ(next.usage_batch().segment(), batch.usage_batch().segment());
  EXPECT_EQ(CountOf(control_plane_.Inbox(), NodeMessage::kUsageBatch), 2)
      << "no other before the ack";
  control_plane_.Push(AckOf(next));
  EXPECT_TRUE(Until([&](const auto&) { return spool_->state().waiting == 0; }));
}

TEST_F(UsageOnTheLinkTest, ABacklogFollowsWithoutABell) {
  Add(1, 1200);
  Start();
  int64_t delivered = 0;
  for (int64_t count = 1; delivered < 1200 && count < 20; ++count) {
    const NodeMessage batch = Batch(count);
    EXPECT_EQ(batch.usage_batch().first(), delivered + 1);
    delivered += batch.usage_batch().records_size();
    control_plane_.Push(AckOf(batch));
    if (1200 - delivered < static_cast<int64_t>(observe::UsageSpool::kMostBatchRecords)) {
      ASSERT_TRUE(Until([&](const auto&) { return spool_->state().waiting == 1200 - delivered; }));
      link_->OnUsage();
    }
  }
  EXPECT_EQ(delivered, 1200);
}

TEST_F(UsageOnTheLinkTest, ANewConnectionIsSentItAgain) {
  control_plane_.HangUp(true);
  Add(1, 3);
  Start();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kHello, 2)));
  control_plane_.HangUp(false);
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kUsageBatch)));
  const NodeMessage batch = Last(control_plane_.Inbox(), NodeMessage::kUsageBatch);
  EXPECT_EQ(batch.usage_batch().first(), 1);
  EXPECT_EQ(batch.usage_batch().records_size(), 3);
}

}  // namespace
}  // namespace sluice::link
