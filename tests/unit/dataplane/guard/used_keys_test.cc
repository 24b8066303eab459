#include "dataplane/guard/used_keys.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace sluice::guard {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

TEST(UsedKeysTest, TellsEachKeyOnceAPeriod) {
  UsedKeys used;
  ClientKeyGuard a;
  ClientKeyGuard b;
  for (int i = 0; i < 3; ++i) used.Note(a, "a", kNow + absl::Seconds(i));
  used.Note(b, "b", kNow);
  auto uses = used.Take(10);
  ASSERT_EQ(uses.size(), 2U);
  EXPECT_EQ(uses[1].id, "a");
  EXPECT_EQ(uses[1].at, kNow);
  EXPECT_TRUE(used.Take(10).empty());
  used.Note(a, "a", kNow + absl::Seconds(9));
  uses = used.Take(10);
  ASSERT_EQ(uses.size(), 1U);
  EXPECT_EQ(uses[0].at, kNow + absl::Seconds(9));
}

TEST(UsedKeysTest, WhatIsTooMuchForOneAnswerComesInTheNext) {
  UsedKeys used;
  std::vector<ClientKeyGuard> keys(5);
  for (size_t i = 0; i < keys.size(); ++i) used.Note(keys[i], std::to_string(i), kNow);
  std::set<std::string> told;
  for (size_t expected : {2U, 2U, 1U, 0U}) {
    const auto uses = used.Take(2);
    EXPECT_EQ(uses.size(), expected);
    for (const auto& use : uses) told.insert(use.id);
  }
  EXPECT_EQ(told.size(), 5U);
}

TEST(UsedKeysTest, LosesNoKeyWhileManyThreadsNote) {
  UsedKeys used;
  std::vector<ClientKeyGuard> keys(200);
  std::set<std::string> told;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (size_t i = 0; i < keys.size(); ++i) used.Note(keys[i], std::to_string(i), kNow);
    });
  }
  for (int i = 0; i < 20; ++i) {
    for (const auto& use : used.Take(1000)) told.insert(use.id);
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& use : used.Take(1000)) told.insert(use.id);
  EXPECT_EQ(told.size(), keys.size());
}

}  // namespace
}  // namespace sluice::guard
