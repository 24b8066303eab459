#include "dataplane/config/token_memory.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "dataplane/config/recent_map.h"

namespace sluice::config {
namespace {

const auto kNothingStays = [](const auto&) { return false; };

TEST(RecentMap, KeepsWhatWasUsedLast) {
  RecentMap<int, std::string> map(3);
  for (const int key : {1, 2, 3}) map.Put(key, std::to_string(key), kNothingStays);
  EXPECT_EQ(*map.Find(1), "1");
  map.Put(4, "4", kNothingStays);
  EXPECT_EQ(map.size(), 3u);
  EXPECT_EQ(map.Find(2), nullptr);
  EXPECT_NE(map.Find(1), nullptr);
  map.Put(1, "one", kNothingStays);
  EXPECT_EQ(*map.Find(1), "one");
  EXPECT_EQ(map.size(), 3u);
}

TEST(RecentMap, WhatStaysStaysUnlessAllDoes) {
  RecentMap<int, int> map(3);
  for (const int key : {1, 2, 3}) map.Put(key, key, kNothingStays);
  map.Put(4, 4, [](int value) { return value == 1; });
  EXPECT_NE(map.Find(1), nullptr);
  EXPECT_EQ(map.Find(2), nullptr);
  map.Put(5, 5, [](int) { return true; });
  EXPECT_EQ(map.size(), 3u);
}

crypto::Sha256Digest DigestOf(size_t number) { return crypto::Sha256(std::to_string(number)); }

TEST(TokenMemory, IsBounded) {
  TokenMemory memory;
  const TokenIssuers issuers(nullptr);
  auto bearer = std::make_shared<ClientKeyEntry>();
  for (size_t i = 0; i < TokenMemory::kMostTokens + 5'000; ++i) {
    memory.Remember(DigestOf(i), DigestOf(0), bearer);
  }
  EXPECT_LE(memory.tokens(), TokenMemory::kMostTokens);
  EXPECT_GT(memory.tokens(), TokenMemory::kMostTokens / 2);
  EXPECT_EQ(memory.Find(DigestOf(TokenMemory::kMostTokens), issuers), nullptr) << "not its issuer";
}

TEST(TokenMemory, AGuardInUseIsNotForgottenForOthers) {
  TokenMemory memory;
  const auto kept = memory.GuardOf(DigestOf(0), nullptr);
  for (size_t i = 1; i < TokenMemory::kMostSubjects * 2; ++i) memory.GuardOf(DigestOf(i), nullptr);
  EXPECT_EQ(memory.GuardOf(DigestOf(0), nullptr), kept);
  EXPECT_LE(memory.subjects(), TokenMemory::kMostSubjects);
}

// Else each new token would forgive what the ones before have used.
TEST(TokenMemory, NewTokensOfTheSameTermsForgiveNothing) {
  TokenMemory memory;
  ClientKeyTerms terms;
  terms.requests = guard::RateTerms{std::chrono::hours(1), 1};
  const auto make = [&] { return std::make_shared<const ClientKeyTerms>(terms); };
  const auto now = std::chrono::steady_clock::now();
  auto guard = memory.GuardOf(DigestOf(1), make());
  EXPECT_EQ(guard->requests.Pass(*terms.requests, now).count(), 0);
  guard = memory.GuardOf(DigestOf(1), make());
  EXPECT_GT(guard->requests.Pass(*terms.requests, now), std::chrono::minutes(59));
  terms.requests = guard::RateTerms{std::chrono::seconds(1), 1};
  guard = memory.GuardOf(DigestOf(1), make());
  EXPECT_LE(guard->requests.Pass(*terms.requests, now), std::chrono::seconds(2));
}

TEST(TokenMemory, WorkersShareIt) {
  TokenMemory memory;
  const TokenIssuers issuers(nullptr);
  std::vector<std::thread> workers;
  for (int worker = 0; worker < 4; ++worker) {
    workers.emplace_back([&] {
      for (size_t i = 0; i < 2'000; ++i) {
        memory.Remember(DigestOf(i % 64), DigestOf(0), std::make_shared<ClientKeyEntry>());
        memory.Find(DigestOf(i % 64), issuers);
        memory.GuardOf(DigestOf(i % 64), nullptr);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(memory.subjects(), 64u);
  EXPECT_LE(memory.tokens(), 64u);
}

}  // namespace
}  // namespace sluice::config
