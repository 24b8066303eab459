// Large snapshots: how many are on their way, and what nodes are told for which there is no room.
#include "controlplane/publish/snapshot_gate.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/controlplane/publish/fake_fleet.h"

namespace sluice::publish {
namespace {

class SnapshotGateTest : public PublishFixture {
 protected:
  // A configuration of `bytes` or a little more.
  void Fill(size_t bytes) {
    config::v1::ClientKey key;
    key.set_note(std::string(1000, 'n'));
    auto change = store_->Begin(store::TestInfo());
    for (size_t i = 0; i < bytes / 1000; ++i) {
      key.set_id("id" + std::to_string(i));
      key.set_name("name" + std::to_string(i));
      ASSERT_TRUE((*change)->Put(store::RowOf(key, std::string(32, 'd'))).ok());
    }
    ASSERT_TRUE((*change)->Commit("many").ok());
    change->reset();
    ASSERT_TRUE(publisher_.Refresh().ok());
  }
};

TEST_F(SnapshotGateTest, NodesForWhichThereIsNoRoomArePutOff) {
  Fill(3 << 20);
  ASSERT_TRUE(hub_.snapshot_gate().Enter((size_t{256} << 20) - 1));
  FakeNode node(hub_, "n1");
  node.Hello();
  ASSERT_TRUE(node.outlet.messages.back().has_retry_later());
  EXPECT_GT(node.outlet.messages.back().retry_later().after().seconds(), 0);
  EXPECT_FALSE(node.outlet.closed.has_value()) << "the hint must arrive first";
  node.Taken();
  ASSERT_TRUE(node.outlet.closed.has_value());
  EXPECT_TRUE(absl::IsUnavailable(*node.outlet.closed));
  EXPECT_EQ(hub_.counters().put_off_connections, 1u);
  hub_.snapshot_gate().Leave((size_t{256} << 20) - 1);
}

TEST_F(SnapshotGateTest, WhoeverHasItsSnapshotOrLeavesMakesRoom) {
  Fill(3 << 20);
  const size_t size = publisher_.UpdateFrom(std::nullopt, true)->image->size();
  ASSERT_TRUE(hub_.snapshot_gate().Enter((size_t{256} << 20) - size));
  {
    FakeNode whole(hub_, "n1");
    whole.Hello();
    while (whole.outlet.writing) whole.Taken();
    whole.AckLast();
    EXPECT_EQ(registry_.Get("n1")->acked_revision(), 1);
    FakeNode leaves(hub_, "n2");
    leaves.Hello();
    EXPECT_TRUE(leaves.outlet.messages.back().has_snapshot());
    hub_.Leave(leaves.session);
    hub_.Leave(whole.session);
  }
  FakeNode third(hub_, "n3");
  third.Hello();
  EXPECT_TRUE(third.outlet.messages.back().has_snapshot());
  hub_.Leave(third.session);
}

// Encoding a large image for each write would keep writes waiting.
TEST_F(SnapshotGateTest, ALargeImageIsSentAgainAndADeltaFollows) {
  Fill(3 << 20);
  FakeNode first(hub_, "n1");
  first.Hello();
  while (first.outlet.writing) first.Taken();
  first.AckLast();
  Write("a");
  FakeNode second(hub_, "n2");
  second.Hello();
  EXPECT_EQ(second.last().revision(), 1);
  while (second.outlet.writing) second.Taken();
  second.AckLast();
  ASSERT_TRUE(second.outlet.messages.back().has_delta());
  EXPECT_EQ(second.last_delta().from(), 1);
  second.TakenAndAcked();
  EXPECT_EQ(registry_.Get("n2")->acked_revision(), 2);
}

TEST(SnapshotGate, LetsALargeOneInAlone) {
  SnapshotGate gate(100);
  EXPECT_TRUE(gate.Enter(500));
  EXPECT_FALSE(gate.Enter(1));
  gate.Leave(500);
  EXPECT_TRUE(gate.Enter(60));
  EXPECT_TRUE(gate.Enter(40));
  EXPECT_FALSE(gate.Enter(1));
}

}  // namespace
}  // namespace sluice::publish
