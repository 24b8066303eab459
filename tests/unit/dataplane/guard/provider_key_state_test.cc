#include "dataplane/guard/provider_key_state.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace sluice::guard {
namespace {

using Entry = ProviderKeyState::Entry;

class ProviderKeyStateTest : public ::testing::Test {
 protected:
  void Judge(KeyOpinion opinion, Entry entry = Entry::kUse,
             std::optional<absl::Duration> rest = std::nullopt) {
    state_.Judge({opinion, rest, "why"}, entry, now_);
  }
  Entry Enter() { return state_.Enter(now_); }
  Health Now() { return state_.Read(now_).health; }

  absl::Time now_ = absl::FromUnixSeconds(2'000'000'000);
  std::shared_ptr<KeyHealthFeed> feed_ = std::make_shared<KeyHealthFeed>();
  ProviderKeyState state_{"pk_1", "openai/main", 4, feed_};
};

TEST_F(ProviderKeyStateTest, RestsExactlyAsTold) {
  Judge(KeyOpinion::kLimited, Entry::kUse, absl::Seconds(3));
  EXPECT_EQ(Now(), Health::kCooling);
  now_ += absl::Seconds(3) - absl::Milliseconds(1);
  EXPECT_EQ(Enter(), Entry::kNo);
  EXPECT_EQ(*state_.CoolsFor(now_), absl::Milliseconds(1));
  now_ += absl::Milliseconds(1);
  EXPECT_EQ(Now(), Health::kHealthy);
  EXPECT_EQ(Enter(), Entry::kUse);
  EXPECT_EQ(Enter(), Entry::kUse);
}

TEST_F(ProviderKeyStateTest, ASuccessOfARequestThatBeganBeforeEndsNoRest) {
  ASSERT_EQ(Enter(), Entry::kUse);
  Judge(KeyOpinion::kLimited, Entry::kUse, absl::Seconds(3));
  Judge(KeyOpinion::kGood);
  EXPECT_EQ(Enter(), Entry::kNo);
}

TEST_F(ProviderKeyStateTest, WithoutAdviceItRestsLongerEachTimeUntilASuccess) {
  absl::Duration before;
  for (int i = 0; i < 12; ++i) {
    Judge(KeyOpinion::kLimited);
    const absl::Duration rest = *state_.CoolsFor(now_);
    EXPECT_GE(rest, before);
    EXPECT_LE(rest, ProviderKeyState::kLongestCooling);
    before = rest;
    now_ += rest;
    ASSERT_NE(Enter(), Entry::kNo);
  }
  EXPECT_EQ(before, ProviderKeyState::kLongestCooling);
  Judge(KeyOpinion::kGood);
  Judge(KeyOpinion::kLimited);
  EXPECT_EQ(*state_.CoolsFor(now_), ProviderKeyState::kFirstCooling);
}

TEST_F(ProviderKeyStateTest, AHundredRefusalsAtOnceAreOneStrike) {
  for (int i = 0; i < 100; ++i) Judge(KeyOpinion::kLimited);
  EXPECT_EQ(*state_.CoolsFor(now_), ProviderKeyState::kFirstCooling);
  EXPECT_EQ(feed_->Take().size(), 1u);
}

TEST_F(ProviderKeyStateTest, ARefusedKeyIsTriedByOneRequestAtATime) {
  Judge(KeyOpinion::kRefused);
  EXPECT_EQ(Now(), Health::kSuspended);
  EXPECT_FALSE(state_.CoolsFor(now_));
  EXPECT_EQ(Enter(), Entry::kNo);
  now_ += ProviderKeyState::kFirstSuspension;
  EXPECT_EQ(Enter(), Entry::kProbe);
  EXPECT_EQ(Enter(), Entry::kNo);
  Judge(KeyOpinion::kRefused, Entry::kProbe);
  state_.Leave(Entry::kProbe);
  EXPECT_EQ(Enter(), Entry::kNo);
  now_ += ProviderKeyState::kFirstSuspension;
  EXPECT_EQ(Enter(), Entry::kNo);  // twice as long
  now_ += ProviderKeyState::kFirstSuspension;
  ASSERT_EQ(Enter(), Entry::kProbe);
  Judge(KeyOpinion::kGood, Entry::kProbe);
  EXPECT_EQ(Enter(), Entry::kUse);
  state_.Leave(Entry::kProbe);
  EXPECT_EQ(Now(), Health::kHealthy);
  EXPECT_EQ(Enter(), Entry::kUse);
  EXPECT_EQ(state_.in_flight(), 2);
}

TEST_F(ProviderKeyStateTest, AProbeThatSaysNothingLetsTheNextOneTry) {
  Judge(KeyOpinion::kExhausted);
  now_ += ProviderKeyState::kFirstExhaustion;
  ASSERT_EQ(Enter(), Entry::kProbe);
  Judge(KeyOpinion::kNone, Entry::kProbe);
  state_.Leave(Entry::kProbe);
  EXPECT_EQ(Now(), Health::kExhausted);
  EXPECT_EQ(Enter(), Entry::kProbe);
}

TEST_F(ProviderKeyStateTest, OnlyAProbeHealsARefusedKey) {
  ASSERT_EQ(Enter(), Entry::kUse);
  Judge(KeyOpinion::kRefused);
  now_ += absl::Minutes(1);
  Judge(KeyOpinion::kGood, Entry::kUse);
  EXPECT_EQ(Now(), Health::kSuspended);
  Judge(KeyOpinion::kLimited, Entry::kUse, absl::Seconds(1));
  EXPECT_EQ(Now(), Health::kSuspended);
}

TEST_F(ProviderKeyStateTest, TellsEachChangeWithKeyAndGeneration) {
  Judge(KeyOpinion::kLimited, Entry::kUse, absl::Seconds(3));
  auto told = feed_->Take();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].key_id, "pk_1");
  EXPECT_EQ(told[0].generation, 4);
  EXPECT_EQ(told[0].health.health, Health::kCooling);
  EXPECT_EQ(told[0].health.until, now_ + absl::Seconds(3));
  Judge(KeyOpinion::kExhausted);  // in the same instant
  const absl::Time before = told[0].health.since;
  told = feed_->Take();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_GT(told[0].health.since, before);
}

TEST_F(ProviderKeyStateTest, TakesFromOthersOnlyWhatIsLater) {
  const KeyHealth suspended{Health::kSuspended, now_, now_ + absl::Seconds(9), "401"};
  EXPECT_TRUE(state_.Take(suspended, now_));
  EXPECT_EQ(Enter(), Entry::kNo);
  EXPECT_FALSE(state_.Take(suspended, now_));
  EXPECT_FALSE(state_.Take({Health::kHealthy, now_ - absl::Seconds(1), now_, ""}, now_));
  EXPECT_EQ(Now(), Health::kSuspended);
  EXPECT_EQ(feed_->Take().size(), 1u);
  EXPECT_TRUE(state_.Take({Health::kHealthy, now_ + absl::Seconds(1), now_, ""}, now_));
  EXPECT_EQ(Enter(), Entry::kUse);
  // No other node can have it rest for ever.
  EXPECT_TRUE(state_.Take(
      {Health::kCooling, now_ + absl::Seconds(2), now_ + absl::Hours(999), "429"}, now_));
  EXPECT_EQ(*state_.CoolsFor(now_), absl::Hours(1));
}

TEST_F(ProviderKeyStateTest, OfManyThreadsOneProbes) {
  Judge(KeyOpinion::kRefused);
  now_ += absl::Minutes(1);
  std::atomic<int> probes{0};
  std::vector<std::thread> workers;
  for (int i = 0; i < 8; ++i) {
    workers.emplace_back([&] {
      for (int j = 0; j < 1000; ++j) probes += Enter() == Entry::kProbe;
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(probes, 1);
}

}  // namespace
}  // namespace sluice::guard
