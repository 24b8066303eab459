// What one node finds out about a provider key, the others hear; people see what each makes of it.
#include "controlplane/publish/fleet_key_health.h"

#include <gmock/gmock.h>

#include "tests/unit/controlplane/publish/fake_fleet.h"

namespace sluice::publish {
namespace {

using fleet::v1::ProviderKeyState;

const absl::Time kNow = store::kTestTime;

ProviderKeyState State(const std::string& key, ProviderKeyState::Health health, int since,
                       int until = 0) {
  ProviderKeyState state;
  state.set_provider_key_id(key);
  state.set_generation(1);
  state.set_health(health);
  state.mutable_since()->set_seconds(absl::ToUnixSeconds(kNow) + since);
  state.mutable_until()->set_seconds(absl::ToUnixSeconds(kNow) + until);
  state.set_reason("why");
  return state;
}

fleet::v1::KeyHealth Of(const std::vector<ProviderKeyState>& states) {
  fleet::v1::KeyHealth health;
  for (const auto& state : states) *health.add_keys() = state;
  return health;
}

config::v1::ProviderKey Key(const std::string& id, int64_t generation = 1) {
  config::v1::ProviderKey key;
  key.set_id(id);
  key.set_generation(generation);
  return key;
}

std::string Overall(const FleetKeyHealth& fleet, const std::string& id, absl::Time now = kNow) {
  admin::v1::ProviderKeyHealth health;
  return fleet.Describe(Key(id), now, &health) ? health.state() : "unknown";
}

TEST(FleetKeyHealth, OfTwoStatesTheLaterCountsAndOnlyThatIsNews) {
  FleetKeyHealth fleet;
  EXPECT_TRUE(fleet.Take("a", Of({State("pk_1", ProviderKeyState::SUSPENDED, 5, 60)}), kNow));
  EXPECT_FALSE(fleet.Take("b", Of({State("pk_1", ProviderKeyState::SUSPENDED, 5, 60)}), kNow));
  EXPECT_FALSE(fleet.Take("b", Of({State("pk_1", ProviderKeyState::HEALTHY, 4)}), kNow));
  const auto news = fleet.Since(0, "c");
  ASSERT_EQ(news.keys.keys_size(), 1);
  EXPECT_EQ(news.keys.keys(0).health(), ProviderKeyState::SUSPENDED);
  EXPECT_EQ(fleet.Since(0, "a").keys.keys_size(), 0) << "what it told itself";
  EXPECT_EQ(fleet.Since(news.version, "c").keys.keys_size(), 0);
  EXPECT_TRUE(fleet.Take("b", Of({State("pk_1", ProviderKeyState::HEALTHY, 6)}), kNow));
  EXPECT_EQ(fleet.Since(news.version, "c").keys.keys(0).health(), ProviderKeyState::HEALTHY);
  EXPECT_EQ(fleet.Since(0, "new").keys.keys_size(), 0) << "a new node needs no healthy keys";
}

TEST(FleetKeyHealth, PeopleSeeTheWorstThatCountsNowAndEachNode) {
  FleetKeyHealth fleet;
  EXPECT_EQ(Overall(fleet, "pk_1"), "unknown");
  fleet.Take("a", Of({State("pk_1", ProviderKeyState::COOLING, 1, 30)}), kNow);
  fleet.Take("b", Of({State("pk_1", ProviderKeyState::SUSPENDED, 2, 30)}), kNow);
  EXPECT_EQ(Overall(fleet, "pk_1"), "suspended");
  admin::v1::ProviderKeyHealth health;
  ASSERT_TRUE(fleet.Describe(Key("pk_1"), kNow, &health));
  ASSERT_EQ(health.nodes_size(), 2);
  EXPECT_EQ(health.nodes(0).node(), "a");
  EXPECT_EQ(health.nodes(0).state(), "cooling");
  EXPECT_EQ(health.nodes(1).state(), "suspended");
  fleet.Leave("b");
  EXPECT_EQ(Overall(fleet, "pk_1"), "cooling");
  EXPECT_EQ(Overall(fleet, "pk_1", kNow + absl::Seconds(30)), "healthy");
  fleet.Leave("a");
  EXPECT_EQ(Overall(fleet, "pk_1"), "unknown");
}

TEST(FleetKeyHealth, AStateOfAnotherGenerationSaysNothing) {
  FleetKeyHealth fleet;
  fleet.Take("a", Of({State("pk_1", ProviderKeyState::SUSPENDED, 1, 30)}), kNow);
  admin::v1::ProviderKeyHealth health;
  EXPECT_FALSE(fleet.Describe(Key("pk_1", 2), kNow, &health));
}

TEST(FleetKeyHealth, WhatIsNoSoundStateIsLeftOut) {
  FleetKeyHealth fleet;
  ProviderKeyState odd = State("pk_1", ProviderKeyState::SUSPENDED, 1);
  odd.mutable_since()->set_seconds(-5);
  ProviderKeyState nanos = State("pk_1", ProviderKeyState::SUSPENDED, 1);
  nanos.mutable_until()->set_nanos(2'000'000'000);
  EXPECT_FALSE(fleet.Take("a",
                          Of({odd, nanos, State("", ProviderKeyState::COOLING, 1),
                              State("PK \n", ProviderKeyState::COOLING, 1),
                              State(std::string(65, 'a'), ProviderKeyState::COOLING, 1),
                              State("pk_1", ProviderKeyState::HEALTH_UNSPECIFIED, 1),
                              State("pk_1", static_cast<ProviderKeyState::Health>(9), 1)}),
                          kNow));
  ProviderKeyState loud = State("pk_1", ProviderKeyState::SUSPENDED, 1, 9);
  loud.set_reason("\x1b[31m" + std::string(5000, 'x'));
  ASSERT_TRUE(fleet.Take("a", Of({loud}), kNow));
  admin::v1::ProviderKeyHealth health;
  ASSERT_TRUE(fleet.Describe(Key("pk_1"), kNow, &health));
  EXPECT_LE(health.reason().size(), 128u);
  EXPECT_EQ(health.reason().find('\x1b'), std::string::npos);
}

TEST(FleetKeyHealth, IsBoundedAndForgetsWhatIsLongOver) {
  FleetKeyHealth fleet;
  for (size_t i = 0; i < FleetKeyHealth::kMostKeys; ++i) {
    fleet.Take("a", Of({State("pk_" + std::to_string(i), ProviderKeyState::COOLING, 1, 2)}), kNow);
  }
  EXPECT_FALSE(fleet.Take("a", Of({State("pk_new", ProviderKeyState::COOLING, 1, 2)}), kNow));
  const absl::Time later = kNow + absl::Hours(2);
  EXPECT_TRUE(fleet.Take("a", Of({State("pk_new", ProviderKeyState::COOLING, 7200, 7300)}), later));
  auto news = fleet.Since(0, "b");
  EXPECT_EQ(news.keys.keys_size(), 1);
}

TEST(FleetKeyHealth, ManyKeysTakeSeveralMessages) {
  FleetKeyHealth fleet;
  for (int i = 0; i < 2500; ++i) {
    fleet.Take("a", Of({State("pk_" + std::to_string(i), ProviderKeyState::COOLING, 1, 9)}), kNow);
  }
  int keys = 0;
  int messages = 0;
  uint64_t version = 0;
  while (version != fleet.version()) {
    const auto news = fleet.Since(version, "b");
    ASSERT_LE(news.keys.keys_size(), FleetKeyHealth::kMostSent);
    keys += news.keys.keys_size();
    version = news.version;
    ++messages;
  }
  EXPECT_EQ(keys, 2500);
  EXPECT_EQ(messages, 3);
}

class KeyHealthSessionTest : public PublishFixture {
 protected:
  static void Greet(FakeNode& node, bool capable) {
    fleet::v1::NodeMessage message;
    message.mutable_hello()->set_node_id(node.id);
    if (capable) message.mutable_hello()->add_capabilities("key_health");
    node.session->OnMessage(message);
    node.TakenAndAcked();
  }
  static void Tell(FakeNode& node, const ProviderKeyState& state) {
    fleet::v1::NodeMessage message;
    *message.mutable_key_health()->add_keys() = state;
    node.session->OnMessage(message);
  }
  static bool Heard(const FakeNode& node) {
    return !node.outlet.messages.empty() && node.outlet.messages.back().has_key_health();
  }
};

TEST_F(KeyHealthSessionTest, TheOtherNodesHearItAtOnceAndTheTellerDoesNot) {
  FakeNode teller(hub_, "a"), other(hub_, "b"), old(hub_, "c");
  Greet(teller, true);
  Greet(other, true);
  Greet(old, false);
  Tell(teller, State("pk_1", ProviderKeyState::SUSPENDED, 1, 60));
  EXPECT_TRUE(Heard(other));
  EXPECT_FALSE(Heard(teller));
  EXPECT_FALSE(Heard(old)) << "it could not read it";
}

TEST_F(KeyHealthSessionTest, ANewNodeIsToldBehindItsConfiguration) {
  FakeNode teller(hub_, "a"), later(hub_, "b");
  Greet(teller, true);
  Tell(teller, State("pk_1", ProviderKeyState::SUSPENDED, 1, 60));
  Greet(later, true);
  ASSERT_EQ(later.outlet.messages.size(), 2u);
  EXPECT_TRUE(later.outlet.messages[0].has_snapshot());
  ASSERT_TRUE(later.outlet.messages[1].has_key_health());
  EXPECT_EQ(later.outlet.messages[1].key_health().keys(0).provider_key_id(), "pk_1");
}

TEST_F(KeyHealthSessionTest, ABurstForABusyNodeIsOneMessage) {
  FakeNode teller(hub_, "a"), slow(hub_, "b");
  Greet(teller, true);
  Greet(slow, true);
  for (int i = 1; i < 5; ++i) {
    Tell(teller, State("pk_1", ProviderKeyState::COOLING, i, 60));
    Tell(teller, State("pk_2", ProviderKeyState::COOLING, i, 60));
  }
  const size_t before = slow.outlet.messages.size();
  slow.Taken();
  ASSERT_EQ(slow.outlet.messages.size(), before + 1);
  EXPECT_EQ(slow.outlet.messages.back().key_health().keys_size(), 2);
}

TEST_F(KeyHealthSessionTest, ANodeThatLeavesIsNotShownAnyMore) {
  FakeNode teller(hub_, "a");
  Greet(teller, true);
  Tell(teller, State("pk_1", ProviderKeyState::SUSPENDED, 1, 60));
  EXPECT_EQ(Overall(hub_.key_health(), "pk_1"), "suspended");
  hub_.Leave(teller.session);
  EXPECT_EQ(Overall(hub_.key_health(), "pk_1"), "unknown");
}

}  // namespace
}  // namespace sluice::publish
