#include "controlplane/publish/session.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/unit/controlplane/publish/fake_fleet.h"

namespace sluice::publish {
namespace {

class SessionTest : public PublishFixture {};

TEST_F(SessionTest, ANewNodeGetsASnapshotAndItsAckIsKept) {
  const int64_t revision = Write("a");
  FakeNode node(hub_, "n1");
  EXPECT_TRUE(node.outlet.messages.empty()) << "nothing before Hello";
  node.Hello();
  ASSERT_EQ(node.outlet.messages.size(), 1u);
  EXPECT_EQ(node.last().revision(), revision);
  EXPECT_EQ(node.last().epoch(), *store_->Epoch());
  node.Taken();
  node.AckLast();
  EXPECT_EQ(registry_.Get("n1")->acked_revision(), revision);
  EXPECT_EQ(registry_.Count(revision).current, 1);
}

TEST_F(SessionTest, ANodeThatHasTheNewestIsUpToDate) {
  const int64_t revision = Write("a");
  FakeNode node(hub_, "n1");
  node.Hello(*publisher_.Current());
  ASSERT_EQ(node.outlet.messages.size(), 1u);
  EXPECT_EQ(node.outlet.messages[0].up_to_date().revision(), revision);
  EXPECT_EQ(registry_.Get("n1")->acked_revision(), revision);
}

TEST_F(SessionTest, AnotherHashOrEpochAtTheSameRevisionGetsASnapshot) {
  Write("a");
  Head other = *publisher_.Current();
  other.hash = "other";
  FakeNode other_hash(hub_, "n1");
  other_hash.Hello(other);
  EXPECT_TRUE(other_hash.outlet.messages.back().has_snapshot());
  EXPECT_EQ(registry_.Get("n1")->acked_revision(), 0);
  other = *publisher_.Current();
  other.epoch = "other";
  FakeNode other_epoch(hub_, "n2");
  other_epoch.Hello(other);
  EXPECT_TRUE(other_epoch.outlet.messages.back().has_snapshot());
  EXPECT_FALSE(other_epoch.last().forked());
}

TEST_F(SessionTest, ANodeOfAnotherHistoryOfTheEpochIsToldSo) {
  Write("a");
  const HeadPtr head = publisher_.Current();
  FakeNode node(hub_, "n1");
  node.Hello({head->epoch, head->revision, head->hash, std::string(32, 'f')});
  ASSERT_TRUE(node.outlet.messages.back().has_snapshot());
  EXPECT_TRUE(node.last().forked());
  EXPECT_EQ(node.last().revision(), head->revision);
  EXPECT_EQ(registry_.Get("n1")->acked_revision(), 0);
}

TEST_F(SessionTest, WhatFollowsAnAcknowledgedRevisionIsADelta) {
  FakeNode node(hub_, "n1");
  node.Hello();
  node.TakenAndAcked();
  Write("a");
  ASSERT_TRUE(node.outlet.messages.back().has_delta());
  EXPECT_EQ(node.last_delta().from(), 0);
  EXPECT_EQ(node.last_delta().to(), 1);
  Write("b");
  EXPECT_EQ(node.outlet.messages.size(), 2u) << "nothing before the answer";
  node.Taken();
  EXPECT_EQ(node.outlet.messages.size(), 2u);
  node.AckLast();
  ASSERT_EQ(node.outlet.messages.size(), 3u);
  EXPECT_EQ(node.last_delta().from(), 1);
  EXPECT_EQ(node.last_delta().to(), 2);
  node.TakenAndAcked();
  EXPECT_EQ(registry_.Get("n1")->acked_revision(), 2);
}

TEST_F(SessionTest, ANodeThatComesBackGetsWhatItMissed) {
  Write("a");
  const Head had = *publisher_.Current();
  Write("b");
  Write("c");
  FakeNode node(hub_, "n1");
  node.Hello(had);
  ASSERT_TRUE(node.outlet.messages.back().has_delta());
  EXPECT_EQ(node.last_delta().from(), 1);
  EXPECT_EQ(node.last_delta().changes_size(), 2);
  EXPECT_EQ(registry_.Get("n1")->acked_revision(), 1);
}

TEST_F(SessionTest, AfterANackTheNextDeltaBeginsWhereTheNodeIs) {
  FakeNode node(hub_, "n1");
  node.Hello();
  node.TakenAndAcked();
  const int64_t refused = Write("a");
  node.Taken();
  node.Nack(refused, "no such preset");
  EXPECT_EQ(node.outlet.messages.size(), 2u) << "the same revision is not sent again";
  Write("b");
  ASSERT_TRUE(node.outlet.messages.back().has_delta());
  EXPECT_EQ(node.last_delta().from(), 0);
  EXPECT_EQ(node.last_delta().changes_size(), 2);
}

TEST_F(SessionTest, AResyncIsAnsweredWithASnapshot) {
  FakeNode node(hub_, "n1");
  node.Hello();
  node.TakenAndAcked();
  const int64_t revision = Write("a");
  node.Taken();
  node.Resync(revision);
  ASSERT_TRUE(node.outlet.messages.back().has_snapshot());
  EXPECT_EQ(node.last().revision(), revision);
  EXPECT_EQ(hub_.counters().hash_mismatches, 1u);
  node.TakenAndAcked();
  Write("b");
  EXPECT_TRUE(node.outlet.messages.back().has_delta());
}

TEST_F(SessionTest, ANodeOfAnOlderReleaseGetsSnapshots) {
  FakeNode node(hub_, "n1");
  node.Hello({}, false);
  node.TakenAndAcked();
  Write("a");
  EXPECT_TRUE(node.outlet.messages.back().has_snapshot());
}

TEST_F(SessionTest, ABurstOfWritesBecomesOneDelta) {
  FakeNode node(hub_, "n1");
  node.Hello();
  for (const char* name : {"a", "b", "c", "d"}) Write(name);
  EXPECT_EQ(node.outlet.messages.size(), 1u) << "one message outstanding, no queue";
  node.TakenAndAcked();
  ASSERT_EQ(node.outlet.messages.size(), 2u);
  EXPECT_EQ(node.last_delta().to(), 4);
  EXPECT_EQ(node.last_delta().changes_size(), 4);
  node.TakenAndAcked();
  EXPECT_EQ(node.outlet.messages.size(), 2u);
}

TEST_F(SessionTest, AllStreamsShareTheBytes) {
  Write("a");
  FakeNode one(hub_, "n1");
  FakeNode two(hub_, "n2");
  one.Hello();
  two.Hello();
  EXPECT_EQ(one.outlet.raw.back(), two.outlet.raw.back());
}

TEST_F(SessionTest, ANodeThatNeverReadsCostsNothingAndIsCutInTheEnd) {
  FakeNode stuck(hub_, "stuck");
  FakeNode good(hub_, "good");
  stuck.Hello();
  good.Hello();
  const std::weak_ptr<const ConfigurationImage> image =
      publisher_.UpdateFrom(std::nullopt, true)->image;
  for (int i = 0; i < 5; ++i) {
    good.TakenAndAcked();
    Write("p" + std::to_string(i));
    EXPECT_EQ(good.last_delta().to(), i + 1);
  }
  EXPECT_EQ(stuck.outlet.messages.size(), 1u);
  (void)publisher_.UpdateFrom(std::nullopt, true);
  EXPECT_TRUE(image.expired()) << "nobody may keep an old image alive";
  good.AckLast();
  clock_.now += Session::kWriteTime + absl::Seconds(1);
  good.Beat();
  good.Taken();
  hub_.Sweep();
  ASSERT_TRUE(stuck.outlet.closed.has_value());
  EXPECT_TRUE(absl::IsDeadlineExceeded(*stuck.outlet.closed));
  EXPECT_TRUE(stuck.outlet.cut);
  EXPECT_FALSE(good.outlet.closed.has_value());
}

TEST_F(SessionTest, SilenceIsGivenUp) {
  FakeNode quiet(hub_, "quiet");
  FakeNode mute(hub_, "mute");
  quiet.Hello();
  quiet.Taken();
  clock_.now += Session::kHelloTime + absl::Seconds(1);
  hub_.Sweep();
  EXPECT_TRUE(mute.outlet.closed.has_value()) << "no Hello";
  EXPECT_FALSE(quiet.outlet.closed.has_value());
  clock_.now += Session::kSilenceTime;
  hub_.Sweep();
  EXPECT_TRUE(quiet.outlet.closed.has_value()) << "no heartbeat";
}

TEST_F(SessionTest, ANackIsRememberedUntilALaterAck) {
  FakeNode node(hub_, "n1");
  node.Hello();
  node.TakenAndAcked();
  const int64_t revision = Write("a");
  node.Taken();
  node.Nack(revision, "no such preset");
  EXPECT_EQ(registry_.Get("n1")->refused_revision(), revision);
  EXPECT_EQ(registry_.Get("n1")->refusals(0), "no such preset");
  EXPECT_EQ(registry_.Count(revision).refusing, 1);
  EXPECT_EQ(node.outlet.messages.size(), 2u) << "the same revision is not sent again";
  Write("b");
  node.TakenAndAcked();
  EXPECT_EQ(registry_.Get("n1")->refused_revision(), 0);
  EXPECT_EQ(registry_.Get("n1")->refusals_size(), 0);
}

TEST_F(SessionTest, AnAckWithAnotherHashIsARefusal) {
  FakeNode node(hub_, "n1");
  node.Hello();
  node.TakenAndAcked();
  const int64_t revision = Write("a");
  node.Taken();
  node.Ack(revision, "other");
  EXPECT_EQ(registry_.Get("n1")->acked_revision(), 0);
  EXPECT_EQ(registry_.Get("n1")->refused_revision(), revision);
  EXPECT_EQ(hub_.counters().hash_mismatches, 1u);
}

TEST_F(SessionTest, AcceptIsSaidBeforeTheSnapshotIsSentAgain) {
  FakeNode node(hub_, "n1");
  const int64_t revision = Write("a");
  node.Hello({"other epoch", 7, "h", ""});
  node.Taken();
  EXPECT_TRUE(absl::IsFailedPrecondition(hub_.Accept("n1"))) << "nothing is refused yet";
  EXPECT_TRUE(absl::IsNotFound(hub_.Accept("n2")));
  node.Nack(revision, "divergence");
  ASSERT_TRUE(hub_.Accept("n1").ok());
  ASSERT_TRUE(node.outlet.messages.back().has_accept());
  EXPECT_EQ(node.outlet.messages.back().accept().epoch(), *store_->Epoch());
  EXPECT_EQ(node.outlet.messages.back().accept().revision(), revision);
  node.Taken();
  ASSERT_TRUE(node.outlet.messages.back().has_snapshot());
  EXPECT_EQ(node.last().revision(), revision);
  node.Taken();
  EXPECT_EQ(node.outlet.messages.size(), 3u) << "once";
  node.AckLast();
  EXPECT_EQ(registry_.Get("n1")->acked_revision(), revision);
  EXPECT_EQ(registry_.Get("n1")->refusals_size(), 0);
}

TEST_F(SessionTest, RubbishIsRefusedClearly) {
  FakeNode no_hello(hub_, "n1");
  no_hello.Beat();
  ASSERT_TRUE(no_hello.outlet.closed.has_value());
  EXPECT_TRUE(absl::IsInvalidArgument(*no_hello.outlet.closed));

  FakeNode twice(hub_, "n2");
  twice.Hello();
  twice.Hello();
  twice.Taken();
  EXPECT_TRUE(twice.outlet.closed.has_value());

  FakeNode unsent(hub_, "n3");
  unsent.Hello();
  unsent.Ack(77, "x");
  EXPECT_TRUE(unsent.outlet.closed.has_value());
  EXPECT_EQ(registry_.Get("n3")->acked_revision(), 0);

  for (const std::string& id :
       {std::string(), std::string(129, 'x'), std::string("a b"), std::string("x\ny")}) {
    FakeNode bad(hub_, id);
    bad.Hello();
    ASSERT_TRUE(bad.outlet.closed.has_value()) << id;
    EXPECT_TRUE(absl::IsInvalidArgument(*bad.outlet.closed));
    EXPECT_FALSE(registry_.Get(id).has_value());
  }
}

TEST_F(SessionTest, ASecondConnectionOfANodeReplacesTheFirst) {
  FakeNode first(hub_, "n1");
  first.Hello();
  first.Taken();
  FakeNode second(hub_, "n1");
  second.Hello();
  ASSERT_TRUE(first.outlet.closed.has_value());
  EXPECT_TRUE(absl::IsAborted(*first.outlet.closed));
  EXPECT_EQ(hub_.counters().replaced_connections, 1u);
  // What comes late from the first connection says nothing about the second.
  hub_.Leave(first.session);
  EXPECT_TRUE(registry_.Get("n1")->connected());
  second.TakenAndAcked();
  Write("a");
  EXPECT_EQ(second.last_delta().to(), 1);
  hub_.Leave(second.session);
  EXPECT_FALSE(registry_.Get("n1")->connected());
}

TEST_F(SessionTest, HeartbeatsAreKept) {
  FakeNode node(hub_, "n1");
  node.Hello();
  node.Beat();
  EXPECT_EQ(registry_.Get("n1")->in_flight(), 3);
  EXPECT_EQ(registry_.Get("n1")->requests(), 9);
  EXPECT_EQ(registry_.Get("n1")->serving(), "last_known_good");
}

TEST_F(SessionTest, AfterCloseAllNobodyComesIn) {
  FakeNode node(hub_, "n1");
  node.Hello();
  hub_.CloseAll(absl::UnavailableError("stopping"));
  EXPECT_TRUE(absl::IsUnavailable(*node.outlet.closed));
  FakeOutlet late;
  EXPECT_EQ(hub_.Open(late, "x"), nullptr);
}

// An outlet whose transport is another thread.
class ThreadedOutlet : public NodeOutlet {
 public:
  void Write(const EncodedMessage& message) override {
    absl::MutexLock lock(&mutex_);
    written_ = message;
  }
  void Close(const absl::Status&, bool) override {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
  }
  // Null: closed.
  EncodedMessage Next() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](ThreadedOutlet* self) { return self->closed_ || self->written_ != nullptr; }, this));
    return std::exchange(written_, nullptr);
  }

 private:
  absl::Mutex mutex_;
  EncodedMessage written_;
  bool closed_ = false;
};

void RunNode(WatchHub& hub, const std::string& id, int64_t until) {
  ThreadedOutlet outlet;
  const auto session = hub.Open(outlet, "ipv4:1");
  fleet::v1::NodeMessage hello;
  hello.mutable_hello()->set_node_id(id);
  hello.mutable_hello()->add_capabilities("delta");
  session->OnMessage(hello);
  while (EncodedMessage message = outlet.Next()) {
    fleet::v1::ControlMessage received;
    ASSERT_TRUE(received.ParseFromString(std::string(message->Reveal())));
    session->OnWriteDone();
    fleet::v1::NodeMessage ack;
    const bool delta = received.has_delta();
    const int64_t revision = delta ? received.delta().to() : received.snapshot().revision();
    ack.mutable_ack()->set_revision(revision);
    ack.mutable_ack()->set_hash(delta ? received.delta().hash() : received.snapshot().hash());
    session->OnMessage(ack);
    if (revision == until) break;
  }
  hub.Leave(session);
}

TEST_F(SessionTest, ManyNodesOnManyThreadsAllReachTheNewest) {
  constexpr int kWrites = 20;
  std::vector<std::thread> nodes;
  for (int i = 0; i < 8; ++i) {
    nodes.emplace_back([this, i] { RunNode(hub_, "n" + std::to_string(i), kWrites); });
  }
  for (int i = 0; i < kWrites; ++i) {
    Write("p" + std::to_string(i));
    hub_.Sweep();
  }
  for (std::thread& node : nodes) node.join();
  for (const admin::v1::Node& node : registry_.List()) {
    EXPECT_EQ(node.acked_revision(), kWrites) << node.id();
    EXPECT_FALSE(node.connected());
  }
}

}  // namespace
}  // namespace sluice::publish
