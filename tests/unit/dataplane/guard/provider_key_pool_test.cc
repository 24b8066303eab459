#include "dataplane/guard/provider_key_pool.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace sluice::guard {
namespace {

TEST(ProviderKeyPool, LendsEachKeyInTurn) {
  ProviderKeyPool pool;
  std::vector<size_t> lent;
  for (int i = 0; i < 6; ++i) lent.push_back(pool.Lend(3));
  EXPECT_EQ(lent, (std::vector<size_t>{0, 1, 2, 0, 1, 2}));
}

TEST(ProviderKeyPool, StaysInRangeWhenTheNumberOfKeysChanges) {
  ProviderKeyPool pool;
  for (size_t count : {5, 1, 3, 2, 7, 1}) {
    for (int i = 0; i < 10; ++i) EXPECT_LT(pool.Lend(count), count);
  }
}

TEST(ProviderKeyPool, SpreadsEvenlyOverThreads) {
  constexpr size_t kKeys = 4;
  constexpr size_t kLoansPerThread = 10'000;
  ProviderKeyPool pool;
  std::vector<std::vector<size_t>> counts(4, std::vector<size_t>(kKeys));
  std::vector<std::thread> workers;
  for (auto& count : counts) {
    workers.emplace_back([&pool, &count] {
      for (size_t i = 0; i < kLoansPerThread; ++i) ++count[pool.Lend(kKeys)];
    });
  }
  for (std::thread& worker : workers) worker.join();
  for (size_t key = 0; key < kKeys; ++key) {
    size_t sum = 0;
    for (const auto& count : counts) sum += count[key];
    EXPECT_EQ(sum, counts.size() * kLoansPerThread / kKeys);
  }
}

}  // namespace
}  // namespace sluice::guard
