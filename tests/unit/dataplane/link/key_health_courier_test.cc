#include "dataplane/link/key_health_courier.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace sluice::link {
namespace {

using fleet::v1::ProviderKeyState;
using guard::KeyOpinion;
using Entry = guard::ProviderKeyState::Entry;

// A node: what it knows, and its courier.
struct Node {
  explicit Node(const base::Clock& clock) : courier(live_state, clock) {}

  std::shared_ptr<guard::ProviderKeyState> Key(const std::string& id, int64_t generation = 1) {
    return live_state.KeyStateOf(id, "openai/" + id, generation);
  }

  config::LiveState live_state;
  KeyHealthCourier courier;
};

class KeyHealthCourierTest : public ::testing::Test {
 protected:
  void Suspend(guard::ProviderKeyState& key) {
    key.Judge({KeyOpinion::kRefused, std::nullopt, "401"}, Entry::kUse, clock_.Now());
  }
  guard::Health HealthOf(Node& node, const std::string& id) {
    return node.live_state.FindKeyState(id)->Read(clock_.Now()).health;
  }

  test::FakeClock clock_;
  Node one_{clock_};
  Node two_{clock_};
};

TEST_F(KeyHealthCourierTest, AStateReachesAnotherNodeWholeAndIsEchoedOnce) {
  Suspend(*one_.Key("pk_1"));
  two_.Key("pk_1");
  const auto news = one_.courier.News();
  ASSERT_EQ(news.size(), 1u);
  EXPECT_TRUE(one_.courier.News().empty());
  two_.courier.Take(news[0].key_health());
  EXPECT_EQ(HealthOf(two_, "pk_1"), guard::Health::kSuspended);
  const auto echo = two_.courier.News();
  ASSERT_EQ(echo.size(), 1u);
  EXPECT_EQ(echo[0].key_health().SerializeAsString(), news[0].key_health().SerializeAsString());
  one_.courier.Take(echo[0].key_health());
  EXPECT_TRUE(one_.courier.News().empty());
}

TEST_F(KeyHealthCourierTest, AnotherGenerationAndAnUnknownKeySayNothing) {
  Suspend(*one_.Key("pk_1", 1));
  Suspend(*one_.Key("pk_9", 1));
  two_.Key("pk_1", 2);
  for (const auto& message : one_.courier.News()) two_.courier.Take(message.key_health());
  EXPECT_EQ(HealthOf(two_, "pk_1"), guard::Health::kHealthy);
}

TEST_F(KeyHealthCourierTest, ANewConnectionIsToldOfAllThatIsNotHealthyOrWasTold) {
  const auto key = one_.Key("pk_1");
  one_.Key("pk_2");
  EXPECT_TRUE(one_.courier.All().empty());
  Suspend(*key);
  ASSERT_EQ(one_.courier.All().size(), 1u);
  EXPECT_TRUE(one_.courier.News().empty()) << "it has just been told";
  clock_.Advance(absl::Hours(1));
  ASSERT_EQ(key->Enter(clock_.Now()), Entry::kProbe);
  key->Judge({KeyOpinion::kGood, std::nullopt, ""}, Entry::kProbe, clock_.Now());
  const auto all = one_.courier.All();
  ASSERT_EQ(all.size(), 1u);
  ASSERT_EQ(all[0].key_health().keys_size(), 1);
  EXPECT_EQ(all[0].key_health().keys(0).health(), ProviderKeyState::HEALTHY);
}

TEST_F(KeyHealthCourierTest, ManyKeysTakeSeveralMessages) {
  for (size_t i = 0; i < KeyHealthCourier::kMostKeys + 1; ++i) {
    Suspend(*one_.Key("pk_" + std::to_string(i)));
  }
  const auto all = one_.courier.All();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[1].key_health().keys_size(), 1);
}

TEST_F(KeyHealthCourierTest, OddStatesOfAStrangePeerDoNoHarm) {
  one_.Key("pk_1");
  fleet::v1::KeyHealth odd;
  for (const int health : {0, 5, 99, -3}) {
    auto* key = odd.add_keys();
    key->set_provider_key_id("pk_1");
    key->set_generation(1);
    key->set_health(static_cast<ProviderKeyState::Health>(health));
    key->mutable_since()->set_seconds(9'000'000'000'000'000'000);
    key->mutable_until()->set_seconds(-9'000'000'000'000'000'000);
  }
  one_.courier.Take(odd);
  EXPECT_EQ(HealthOf(one_, "pk_1"), guard::Health::kHealthy);
  odd.mutable_keys(0)->set_health(ProviderKeyState::COOLING);
  odd.mutable_keys(0)->mutable_until()->set_seconds(9'000'000'000'000'000'000);
  one_.courier.Take(odd);
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(HealthOf(one_, "pk_1"), guard::Health::kHealthy) << "rests an hour at most";
}

}  // namespace
}  // namespace sluice::link
