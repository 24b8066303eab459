#include "dataplane/guard/provider_key_pool.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "dataplane/guard/spread.h"

namespace sluice::guard {
namespace {

class ProviderKeyPoolTest : public ::testing::Test {
 protected:
  void AddKeys(const std::vector<uint32_t>& weights) {
    for (const uint32_t weight : weights) {
      const std::string id = "pk_" + std::to_string(keys_.size());
      keys_.push_back({std::make_shared<ProviderKeyState>(id, id, 1, nullptr), weight});
    }
  }
  ProviderKeyPool::Wish Wish(KeyStrategy strategy = KeyStrategy::kRoundRobin) {
    ProviderKeyPool::Wish wish;
    wish.strategy = strategy;
    wish.now = now_;
    return wish;
  }
  // -1: none.
  int Lend(const ProviderKeyPool::Wish& wish) {
    auto lent = pool_.Lend(keys_, wish);
    const auto* lease = std::get_if<KeyLease>(&lent);
    return lease == nullptr ? -1 : static_cast<int>(lease->index());
  }
  std::map<int, int> Count(int loans, const ProviderKeyPool::Wish& wish) {
    std::map<int, int> counts;
    for (int i = 0; i < loans; ++i) ++counts[Lend(wish)];
    return counts;
  }
  void Judge(size_t index, KeyOpinion opinion, absl::Duration rest = absl::Seconds(5)) {
    keys_[index].state->Judge({opinion, rest, "x"}, ProviderKeyState::Entry::kUse, now_);
  }

  absl::Time now_ = absl::FromUnixSeconds(2'000'000'000);
  ProviderKeyPool pool_;
  std::vector<PooledKey> keys_;
};

TEST_F(ProviderKeyPoolTest, LendsEachKeyInTurn) {
  AddKeys({1, 1});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Lend(Wish()), 0);
    EXPECT_EQ(Lend(Wish()), 1);
  }
}

TEST_F(ProviderKeyPoolTest, LendsInProportionToTheWeights) {
  AddKeys({1, 3, 6, 1000});
  EXPECT_EQ(Count(1010, Wish()), (std::map<int, int>{{0, 1}, {1, 3}, {2, 6}, {3, 1000}}));
}

TEST_F(ProviderKeyPoolTest, SpreadsEvenlyOverThreads) {
  AddKeys({1, 1, 1, 1});
  std::vector<std::map<int, int>> counts(4);
  std::vector<std::thread> workers;
  for (auto& count : counts) {
    workers.emplace_back([this, &count] { count = Count(10'000, Wish()); });
  }
  for (std::thread& worker : workers) worker.join();
  for (int key = 0; key < 4; ++key) {
    int sum = 0;
    for (auto& count : counts) sum += count[key];
    EXPECT_EQ(sum, 10'000);
  }
}

TEST_F(ProviderKeyPoolTest, TheLeastLoadedForItsWeightIsLent) {
  AddKeys({1, 2});
  std::vector<KeyLease> held;
  std::map<size_t, int> counts;
  for (int i = 0; i < 30; ++i) {
    auto lent = pool_.Lend(keys_, Wish(KeyStrategy::kLeastLoaded));
    held.push_back(std::move(std::get<KeyLease>(lent)));
    ++counts[held.back().index()];
  }
  EXPECT_EQ(counts[0], 10);
  EXPECT_EQ(counts[1], 20);
  held.clear();
  EXPECT_EQ(keys_[0].state->in_flight() + keys_[1].state->in_flight(), 0);
}

TEST_F(ProviderKeyPoolTest, AClientSticksToItsKeyAndMovesOnlyIfItIsLost) {
  AddKeys({1, 1, 2});
  std::map<int, int> counts;
  std::map<std::string, int> before;
  const auto choose = [this](const std::string& client) {
    auto wish = Wish(KeyStrategy::kSticky);
    wish.client = SpreadHash(client);
    return Lend(wish);
  };
  for (int i = 0; i < 4000; ++i) {
    const std::string client = "client-" + std::to_string(i);
    before[client] = choose(client);
    ++counts[before[client]];
    ASSERT_EQ(choose(client), before[client]);
  }
  EXPECT_NEAR(counts[0], 1000, 150);
  EXPECT_NEAR(counts[1], 1000, 150);
  EXPECT_NEAR(counts[2], 2000, 200);
  Judge(0, KeyOpinion::kRefused);
  std::set<int> homes;
  for (const auto& [client, key] : before) {
    const int now = choose(client);
    if (key != 0) {
      ASSERT_EQ(now, key) << client;
    } else {
      homes.insert(now);
    }
  }
  EXPECT_EQ(homes, (std::set<int>{1, 2}));
}

TEST_F(ProviderKeyPoolTest, SkipsWhatRestsAndSaysForHowLongIfAllDo) {
  AddKeys({1, 1, 1});
  Judge(1, KeyOpinion::kLimited, absl::Seconds(9));
  EXPECT_EQ(Count(10, Wish()), (std::map<int, int>{{0, 5}, {2, 5}}));
  Judge(0, KeyOpinion::kLimited, absl::Seconds(4));
  Judge(2, KeyOpinion::kRefused);
  auto none = pool_.Lend(keys_, Wish());
  ASSERT_TRUE(std::holds_alternative<NoKey>(none));
  EXPECT_EQ(std::get<NoKey>(none).cools_for, absl::Seconds(4));
}

TEST_F(ProviderKeyPoolTest, SaysNothingOfTimeIfNoneCools) {
  AddKeys({1, 1});
  Judge(0, KeyOpinion::kExhausted);
  Judge(1, KeyOpinion::kRefused);
  auto none = pool_.Lend(keys_, Wish());
  ASSERT_TRUE(std::holds_alternative<NoKey>(none));
  EXPECT_FALSE(std::get<NoKey>(none).cools_for);
}

TEST_F(ProviderKeyPoolTest, TheOnlyKeyIsLentWhateverItsHealth) {
  AddKeys({1});
  Judge(0, KeyOpinion::kRefused);
  auto lent = pool_.Lend(keys_, Wish());
  ASSERT_TRUE(std::holds_alternative<KeyLease>(lent));
  KeyLease lease = std::move(std::get<KeyLease>(lent));
  EXPECT_EQ(keys_[0].state->Read(now_).health, Health::kSuspended);
  lease.Judge({KeyOpinion::kGood, std::nullopt, ""}, now_);
  EXPECT_EQ(keys_[0].state->Read(now_).health, Health::kHealthy);
  const std::vector<size_t> tried = {0};
  auto wish = Wish();
  wish.tried = tried;
  EXPECT_EQ(Lend(wish), 0);
  wish.only_untried = true;
  EXPECT_EQ(Lend(wish), -1);
}

TEST_F(ProviderKeyPoolTest, ATriedKeyIsTheLastChoiceOrNone) {
  AddKeys({1, 1});
  const std::vector<size_t> tried = {0};
  auto wish = Wish();
  wish.tried = tried;
  EXPECT_EQ(Count(5, wish), (std::map<int, int>{{1, 5}}));
  Judge(1, KeyOpinion::kLimited);
  EXPECT_EQ(Lend(wish), 0);
  wish.only_untried = true;
  EXPECT_EQ(Lend(wish), -1);
}

}  // namespace
}  // namespace sluice::guard
