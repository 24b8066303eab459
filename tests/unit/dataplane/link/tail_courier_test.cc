// What is watched live, on the link: only while it is ordered, and never beyond the stream on which
// it was.
#include <gmock/gmock.h>

#include "tests/support/deadline.h"
#include "tests/unit/dataplane/link/control_link_fixture.h"

namespace sluice::link {
namespace {

using Messages = std::vector<fleet::v1::ControlMessage>;

Messages OrderOf(const std::vector<int>& statuses, int lines_per_second = 1000) {
  fleet::v1::ControlMessage order;
  order.mutable_tail_order()->set_lines_per_second(lines_per_second);
  for (const int status : statuses) order.mutable_tail_order()->add_filters()->set_status(status);
  return {order};
}

observe::RequestRecord Ended(int status) {
  observe::RequestRecord record;
  record.ended_at = absl::FromUnixSeconds(7200);
  record.provider = "openai";
  record.outcome.status = status;
  return record;
}

class TailOnTheLinkTest : public ControlLinkTest {
 protected:
  TailOnTheLinkTest() {
    options_.heartbeat = std::chrono::hours(1);
    options_.tail = &feed_;
    control_plane_.AnswerWith({test::SnapshotOf(Sample(), "e", 1)});
  }
  ~TailOnTheLinkTest() override {
    if (link_) link_->Stop();
  }
  // A request ends until the link has found that somebody wants it.
  bool OfferUntilNews(int status) {
    return test::Eventually([&] {
      feed_.Offer(Ended(status));
      return feed_.HasNews();
    });
  }
  // Of all messages.
  std::vector<int> Statuses() {
    std::vector<int> statuses;
    for (const NodeMessage& message : control_plane_.Inbox()) {
      for (const auto& line : message.tail_lines().lines()) statuses.push_back(line.status());
    }
    return statuses;
  }

  observe::TailFeed feed_{"node-1", clock_};
};

TEST_F(TailOnTheLinkTest, WhatIsOrderedIsSentWhenTheBellRings) {
  Start();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kAck)));
  feed_.Offer(Ended(200));
  EXPECT_FALSE(feed_.HasNews()) << "nobody watches";
  control_plane_.Push(OrderOf({5}));
  ASSERT_TRUE(OfferUntilNews(503));
  feed_.Offer(Ended(200));
  link_->OnTail();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kTailLines)));
  EXPECT_THAT(Statuses(), ::testing::Each(503));
  const NodeMessage told = Last(control_plane_.Inbox(), NodeMessage::kTailLines);
  EXPECT_THAT(told.tail_lines().lines(0).json(), ::testing::HasSubstr("\"status\":503"));
}

TEST_F(TailOnTheLinkTest, AnEmptyOrderEndsIt) {
  Start();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kAck)));
  control_plane_.Push(OrderOf({200}));
  ASSERT_TRUE(OfferUntilNews(200));
  control_plane_.Push(OrderOf({}));
  EXPECT_TRUE(test::Eventually([&] { return !feed_.HasNews(); }));
  feed_.Offer(Ended(200));
  EXPECT_FALSE(feed_.HasNews());
}

TEST_F(TailOnTheLinkTest, AStreamThatEndsEndsTheWatchUntilTheNextOneOrdersIt) {
  Messages ordered = test::SnapshotOf(Sample(), "e", 1);
  ordered.push_back(OrderOf({200})[0]);
  control_plane_.AnswerWith({ordered, {test::UpToDate(1)}});
  Start();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kAck)));
  ASSERT_TRUE(OfferUntilNews(200));
  control_plane_.Cut();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kHello, 2)));
  EXPECT_TRUE(test::Eventually([&] { return !feed_.HasNews(); }));
  feed_.Offer(Ended(200));
  EXPECT_FALSE(feed_.HasNews()) << "the new stream has ordered nothing";
}

// Bells for who watches come far more often than those for the spool.
TEST_F(TailOnTheLinkTest, ABellForTheTailSendsNoUsage) {
  auto spool = observe::UsageSpool::Open({folder_.File("usage")}, clock_);
  ASSERT_TRUE(spool.ok()) << spool.status();
  options_.usage = spool->get();
  Start();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kAck)));
  control_plane_.Push(OrderOf({200}));
  ASSERT_TRUE(OfferUntilNews(200));
  fleet::v1::UsageRecord record;
  record.set_requests(1);
  record.set_client_key_id("key");
  (*spool)->Add(record);
  (*spool)->Write();
  link_->OnTail();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kTailLines)));
  EXPECT_EQ(CountOf(control_plane_.Inbox(), NodeMessage::kUsageBatch), 0);
  link_->OnUsage();
  EXPECT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kUsageBatch)));
  link_->Stop();
}

}  // namespace
}  // namespace sluice::link
