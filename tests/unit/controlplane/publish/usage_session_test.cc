// A session's part in the accounts: what a node may send when, and when it is answered.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/controlplane/publish/fake_fleet.h"
#include "tests/unit/controlplane/store/usage_samples.h"

namespace sluice::publish {
namespace {

using fleet::v1::NodeMessage;
using ::testing::HasSubstr;

void SendBatch(FakeNode& node, char segment, int first, int count) {
  NodeMessage message;
  *message.mutable_usage_batch() =
      store::NumberedUsage(node.id, segment, first, count, store::kTestTime).batch;
  node.session->OnMessage(message);
}

class UsageSessionTest : public PublishFixture {
 protected:
  // Greeted, and with the newest configuration.
  void Settle(FakeNode& node) {
    node.Hello();
    node.TakenAndAcked();
  }
  TakenUsage Take() { return hub_.usage_inbox().Take(100, absl::ZeroDuration()); }
  // Stores nothing, and says that it did.
  void AckAll() {
    const TakenUsage taken = Take();
    for (size_t i = 0; i < taken.batches.size(); ++i) {
      const auto& batch = taken.batches[i].batch;
      taken.sessions[i]->AckUsage(batch.segment(), batch.first() + batch.records_size() - 1);
    }
  }
};

TEST_F(UsageSessionTest, ABatchIsAnsweredWhenItIsStoredAndNotBefore) {
  FakeNode node(hub_, "n1");
  Settle(node);
  SendBatch(node, 'a', 1, 3);
  EXPECT_EQ(node.outlet.messages.size(), 1u) << "the snapshot alone";
  const TakenUsage taken = Take();
  ASSERT_EQ(taken.batches.size(), 1u);
  EXPECT_EQ(taken.batches[0].node, "n1");
  EXPECT_EQ(taken.batches[0].batch.records_size(), 3);
  hub_.Sweep();
  EXPECT_EQ(node.outlet.messages.size(), 1u);
  taken.sessions[0]->AckUsage(store::SegmentOf('a'), 3);
  ASSERT_EQ(node.outlet.messages.size(), 2u);
  EXPECT_EQ(node.outlet.messages[1].usage_ack().segment(), store::SegmentOf('a'));
  EXPECT_EQ(node.outlet.messages[1].usage_ack().stored(), 3);
  node.Taken();
  SendBatch(node, 'a', 4, 1);
  EXPECT_FALSE(node.outlet.closed.has_value());
  EXPECT_EQ(Take().batches.size(), 1u);
}

TEST_F(UsageSessionTest, ASecondBatchBeforeTheAnswerClosesTheStream) {
  FakeNode node(hub_, "n1");
  Settle(node);
  SendBatch(node, 'a', 1, 1);
  SendBatch(node, 'a', 2, 1);
  ASSERT_TRUE(node.outlet.closed.has_value());
  EXPECT_TRUE(absl::IsInvalidArgument(*node.outlet.closed));
  EXPECT_THAT(std::string(node.outlet.closed->message()), HasSubstr("before the one before it"));
  EXPECT_LE(Take().batches.size(), 1u);
}

TEST_F(UsageSessionTest, ANodeIsToldWhyOnceWhatIsBeingWrittenHasGone) {
  FakeNode node(hub_, "n1");
  node.Hello();  // the snapshot is being written
  SendBatch(node, 'a', 1, 1);
  SendBatch(node, 'a', 2, 1);
  EXPECT_FALSE(node.outlet.closed.has_value());
  SendBatch(node, 'a', 3, 1);
  EXPECT_EQ(Take().batches.size(), 1u) << "what it sends after that is passed over";
  node.Taken();
  ASSERT_TRUE(node.outlet.closed.has_value());
  EXPECT_TRUE(absl::IsInvalidArgument(*node.outlet.closed));
  EXPECT_FALSE(node.outlet.cut) << "the status would not arrive";
}

TEST_F(UsageSessionTest, StoredButNotYetSentIsStillBeforeTheAnswer) {
  FakeNode node(hub_, "n1");
  node.Hello();  // the snapshot is being written
  SendBatch(node, 'a', 1, 1);
  AckAll();
  EXPECT_EQ(node.outlet.messages.size(), 1u);
  SendBatch(node, 'a', 2, 1);
  node.Taken();
  EXPECT_TRUE(node.outlet.closed.has_value());
}

TEST_F(UsageSessionTest, AMalformedBatchClosesTheStreamWithItsField) {
  FakeNode node(hub_, "n1");
  Settle(node);
  NodeMessage message;
  *message.mutable_usage_batch() = store::NumberedUsage("n1", 'a', 1, 2).batch;
  message.mutable_usage_batch()->mutable_records(1)->set_output_tokens(-5);
  node.session->OnMessage(message);
  ASSERT_TRUE(node.outlet.closed.has_value());
  EXPECT_THAT(std::string(node.outlet.closed->message()),
              HasSubstr("records[1].output_tokens is -5"));
  EXPECT_EQ(hub_.usage_inbox().waiting(), 0u);
  FakeNode stranger(hub_, "n2");
  SendBatch(stranger, 'b', 1, 1);
  EXPECT_TRUE(stranger.outlet.closed.has_value()) << "no Hello";
}

TEST_F(UsageSessionTest, WhatANodeThatLeftHadSentIsForgottenAndItsAnswerDropped) {
  FakeNode gone(hub_, "n1");
  Settle(gone);
  SendBatch(gone, 'a', 1, 1);
  EXPECT_EQ(hub_.usage_inbox().waiting(), 1u);
  hub_.Leave(gone.session);
  EXPECT_EQ(hub_.usage_inbox().waiting(), 0u);

  FakeNode taken(hub_, "n2");
  Settle(taken);
  SendBatch(taken, 'b', 1, 1);
  const TakenUsage hand = Take();
  hub_.Leave(taken.session);
  hand.sessions[0]->AckUsage(store::SegmentOf('b'), 1);
  EXPECT_EQ(taken.outlet.messages.size(), 1u);
}

// The stream is always busy: when a message has gone, the next of both kinds is due.
TEST_F(UsageSessionTest, UsageAndConfigurationTakeTurns) {
  FakeNode node(hub_, "n1");
  Settle(node);
  std::string order;
  SendBatch(node, 'a', 1, 1);
  AckAll();
  for (int i = 0; i < 6; ++i) {
    // While this message is on its way, the node answers it already and sends its next batch.
    ASSERT_TRUE(node.outlet.writing);
    const fleet::v1::ControlMessage& last = node.outlet.messages.back();
    order += last.has_usage_ack() ? 'u' : 'c';
    if (last.has_usage_ack()) {
      SendBatch(node, 'a', 2 + i, 1);
      AckAll();
    } else {
      node.AckLast();
    }
    Write("p" + std::to_string(i));
    node.Taken();
  }
  EXPECT_EQ(order, "ucucuc");
}

TEST_F(UsageSessionTest, APieceOfASnapshotIsFollowedByTheNextPiece) {
  // Of the pieces that these make.
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(store::Commit(*store_, store::ProviderRow("p" + std::to_string(i),
                                                          "https://" + std::string(900'000, 'x')))
                    .ok());
  }
  ASSERT_TRUE(publisher_.Refresh().ok());
  FakeNode node(hub_, "n1");
  node.Hello();
  ASSERT_GT(node.last().chunk_count(), 1);
  SendBatch(node, 'a', 1, 1);
  AckAll();
  const int chunks = node.last().chunk_count();
  for (int chunk = 1; chunk < chunks; ++chunk) {
    node.Taken();
    ASSERT_TRUE(node.outlet.messages.back().has_snapshot());
    EXPECT_EQ(node.last().chunk(), chunk);
  }
  node.Taken();
  EXPECT_TRUE(node.outlet.messages.back().has_usage_ack());
}

TEST_F(UsageSessionTest, AClosedInboxGivesNothingOut) {
  FakeNode node(hub_, "n1");
  Settle(node);
  SendBatch(node, 'a', 1, 1);
  hub_.usage_inbox().Close();
  EXPECT_TRUE(Take().batches.empty());
  EXPECT_EQ(node.outlet.messages.size(), 1u);
}

TEST_F(UsageSessionTest, TheInboxIsEmptiedInTheOrderInWhichItWasFilled) {
  std::vector<std::unique_ptr<FakeNode>> nodes;
  for (const char* id : {"n3", "n1", "n2"}) {
    nodes.push_back(std::make_unique<FakeNode>(hub_, id));
    Settle(*nodes.back());
    SendBatch(*nodes.back(), 'a', 1, 1);
  }
  EXPECT_EQ(hub_.usage_inbox().Take(1, absl::ZeroDuration()).batches[0].node, "n3");
  const TakenUsage rest = Take();
  ASSERT_EQ(rest.batches.size(), 2u);
  EXPECT_EQ(rest.batches[0].node, "n1");
  EXPECT_EQ(rest.batches[1].node, "n2");
}

}  // namespace
}  // namespace sluice::publish
