#include "controlplane/publish/node_registry.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/controlplane/store/new_store.h"

namespace sluice::publish {
namespace {

using store::kTestTime;

fleet::v1::Hello HelloOf(const std::string& id) {
  fleet::v1::Hello hello;
  hello.set_node_id(id);
  return hello;
}

class RecordingListener : public WaitListener {
 public:
  void OnProgress(const admin::v1::WaitProgress& progress, bool last) override {
    seen.push_back(progress);
    ended = last;
  }
  const admin::v1::WaitProgress& now() const { return seen.back(); }
  std::vector<admin::v1::WaitProgress> seen;
  bool ended = false;
};

TEST(NodeRegistryTest, TheOldestDisconnectedNodeIsForgottenBeyondTheLimit) {
  NodeRegistry registry({.connected = 100, .disconnected = 2});
  for (int i = 0; i < 4; ++i) {
    const std::string id = "n" + std::to_string(i);
    ASSERT_TRUE(registry.Enter(HelloOf(id), "x", i, 0, kTestTime).ok());
    if (i > 0) registry.Leave(id, i, kTestTime + absl::Seconds(i));
  }
  EXPECT_TRUE(registry.Get("n0").has_value()) << "a connected node is never forgotten";
  EXPECT_FALSE(registry.Get("n1").has_value());
  EXPECT_TRUE(registry.Get("n2").has_value());
  EXPECT_TRUE(registry.Get("n3").has_value());
}

TEST(NodeRegistryTest, ConnectionsAreBounded) {
  NodeRegistry registry({.connected = 1, .disconnected = 10});
  ASSERT_TRUE(registry.Enter(HelloOf("a"), "x", 1, 0, kTestTime).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(registry.Enter(HelloOf("b"), "x", 2, 0, kTestTime)));
  EXPECT_TRUE(registry.Enter(HelloOf("a"), "x", 3, 0, kTestTime).ok()) << "the same node again";
  registry.Leave("a", 3, kTestTime);
  EXPECT_TRUE(registry.Enter(HelloOf("b"), "x", 4, 0, kTestTime).ok());
}

TEST(NodeRegistryTest, AnOlderConnectionIsIgnored) {
  NodeRegistry registry;
  ASSERT_TRUE(registry.Enter(HelloOf("a"), "x", 1, 0, kTestTime).ok());
  ASSERT_TRUE(registry.Enter(HelloOf("a"), "y", 2, 0, kTestTime).ok());
  registry.Ack("a", 1, 9, kTestTime);
  registry.Leave("a", 1, kTestTime);
  EXPECT_EQ(registry.Get("a")->acked_revision(), 0);
  EXPECT_TRUE(registry.Get("a")->connected());
}

fleet::v1::Heartbeat BeatOf(int64_t requests) {
  fleet::v1::Heartbeat beat;
  beat.set_requests(requests);
  return beat;
}

TEST(NodeRegistryTest, KeepsWhatAHeartbeatSays) {
  NodeRegistry registry;
  fleet::v1::Hello hello = HelloOf("a");
  hello.add_capabilities("drain");
  ASSERT_TRUE(registry.Enter(hello, "x", 1, 0, kTestTime).ok());
  fleet::v1::Heartbeat beat = BeatOf(70);
  beat.set_in_flight(3);
  beat.set_errors(2);
  beat.set_open_streams(1);
  beat.set_rss_bytes(4096);
  beat.set_draining(true);
  registry.Beat("a", 1, beat, kTestTime);
  admin::v1::Node node = *registry.Get("a");
  EXPECT_EQ(node.capabilities(0), "drain");
  EXPECT_EQ(node.in_flight(), 3);
  EXPECT_EQ(node.requests(), 70);
  EXPECT_EQ(node.errors(), 2);
  EXPECT_EQ(node.open_streams(), 1);
  EXPECT_EQ(node.rss_bytes(), 4096);
  EXPECT_TRUE(node.draining());
  registry.Leave("a", 1, kTestTime);
  EXPECT_EQ(registry.Get("a")->open_streams(), 0) << "nothing is known of a node that is gone";
  ASSERT_TRUE(registry.Enter(HelloOf("a"), "x", 2, 0, kTestTime).ok());
  node = *registry.Get("a");
  EXPECT_FALSE(node.draining()) << "a new connection ends it";
  EXPECT_EQ(node.capabilities_size(), 0);
}

TEST(NodeRegistryTest, ARateIsThatBetweenTwoHeartbeatsOfAConnection) {
  NodeRegistry registry;
  const auto rate = [&] { return registry.Get("a")->requests_per_second(); };
  ASSERT_TRUE(registry.Enter(HelloOf("a"), "x", 1, 0, kTestTime).ok());
  registry.Beat("a", 1, BeatOf(1000), kTestTime);
  EXPECT_EQ(rate(), 0) << "they may be of hours before";
  registry.Beat("a", 1, BeatOf(1025), kTestTime + absl::Seconds(10));
  EXPECT_DOUBLE_EQ(rate(), 2.5);
  registry.Beat("a", 1, BeatOf(7), kTestTime + absl::Seconds(20));
  EXPECT_EQ(rate(), 0) << "the count began anew";
  registry.Beat("a", 1, BeatOf(9), kTestTime + absl::Seconds(20));
  EXPECT_EQ(rate(), 0) << "no time has passed";
  registry.Beat("a", 1, BeatOf(INT64_MIN), kTestTime + absl::Seconds(21));
  EXPECT_EQ(registry.Get("a")->requests(), 0);
  registry.Leave("a", 1, kTestTime + absl::Seconds(22));
  ASSERT_TRUE(registry.Enter(HelloOf("a"), "x", 2, 0, kTestTime + absl::Seconds(22)).ok());
  registry.Beat("a", 2, BeatOf(900), kTestTime + absl::Seconds(23));
  EXPECT_EQ(rate(), 0);
}

TEST(RevisionWaitTest, EndsWhenEveryConnectedNodeHasAcked) {
  NodeRegistry registry;
  RecordingListener listener;
  ASSERT_TRUE(registry.Enter(HelloOf("a"), "x", 1, 4, kTestTime).ok());
  ASSERT_TRUE(registry.Enter(HelloOf("b"), "x", 2, 5, kTestTime).ok());
  ASSERT_TRUE(registry.Enter(HelloOf("gone"), "x", 3, 0, kTestTime).ok());
  registry.Leave("gone", 3, kTestTime);
  auto wait = registry.Wait(5, listener);
  wait->Announce();
  ASSERT_EQ(listener.seen.size(), 1u);
  EXPECT_EQ(listener.now().total(), 2);
  EXPECT_EQ(listener.now().acked(), 1);
  ASSERT_EQ(listener.now().waiting_for_size(), 1);
  EXPECT_EQ(listener.now().waiting_for(0), "a");
  EXPECT_FALSE(listener.now().done());
  registry.Ack("a", 1, 4, kTestTime);
  EXPECT_EQ(listener.seen.size(), 1u) << "no news";
  registry.Ack("a", 1, 6, kTestTime);
  EXPECT_TRUE(listener.now().done());
  EXPECT_TRUE(listener.ended);
  registry.Forget(wait);
  registry.Ack("b", 2, 9, kTestTime);
  EXPECT_EQ(listener.seen.size(), 2u);
}

TEST(RevisionWaitTest, SaysNothingBeforeItIsAnnounced) {
  NodeRegistry registry;
  ASSERT_TRUE(registry.Enter(HelloOf("a"), "x", 1, 0, kTestTime).ok());
  RecordingListener listener;
  const auto wait = registry.Wait(1, listener);
  // Its last word would end the listener before whoever began the wait has it in hand.
  registry.Ack("a", 1, 1, kTestTime);
  EXPECT_TRUE(listener.seen.empty());
  wait->Announce();
  ASSERT_EQ(listener.seen.size(), 1u);
  EXPECT_TRUE(listener.ended);
  registry.Forget(wait);
}

TEST(RevisionWaitTest, ARefusalEndsItWithItsReasonUnlessALaterAckMendsIt) {
  NodeRegistry registry;
  RecordingListener listener;
  ASSERT_TRUE(registry.Enter(HelloOf("a"), "x", 1, 0, kTestTime).ok());
  ASSERT_TRUE(registry.Enter(HelloOf("b"), "x", 2, 0, kTestTime).ok());
  auto wait = registry.Wait(5, listener);
  wait->Announce();
  registry.Refuse("a", 1, 5, {"bad preset"}, kTestTime);
  EXPECT_FALSE(listener.ended);
  ASSERT_EQ(listener.now().refusals_size(), 1);
  EXPECT_EQ(listener.now().refusals(0).node(), "a");
  EXPECT_EQ(listener.now().refusals(0).reason(), "bad preset");
  registry.Ack("b", 2, 5, kTestTime);
  EXPECT_TRUE(listener.ended);
  EXPECT_FALSE(listener.now().done());
  registry.Ack("a", 1, 6, kTestTime);
  EXPECT_TRUE(listener.now().done());
  registry.Forget(wait);
}

TEST(RevisionWaitTest, WithoutNodesItIsDoneAtOnce) {
  NodeRegistry registry;
  RecordingListener listener;
  auto wait = registry.Wait(5, listener);
  wait->Announce();
  EXPECT_TRUE(listener.now().done());
  EXPECT_TRUE(listener.ended);
}

}  // namespace
}  // namespace sluice::publish
