// What Add has returned for survives kill -9, and what is sent again after it counts once.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <string>

#include "tests/support/temp_folder.h"
#include "tests/unit/controlplane/store/usage_samples.h"

namespace sluice::store {
namespace {

constexpr int kBatchRecords = 40;
constexpr int kSegments = 2;

// Batches of two segments for ever, from what was acknowledged on; says how far each is.
[[noreturn]] void AddUntilKilled(const std::string& path, std::array<int64_t, kSegments> stored,
                                 int acknowledged) {
  auto store = UsageStore::Open(path, {});
  while (store.ok()) {
    std::vector<NodeUsage> batches;
    for (int i = 0; i < kSegments; ++i) {
      batches.push_back(NumberedUsage("n", static_cast<char>('a' + i),
                                      static_cast<int>(stored[i]) + 1, kBatchRecords));
    }
    const auto added = (*store)->Add(batches, kUsageTime);
    if (!added.ok()) break;
    for (int i = 0; i < kSegments; ++i) stored[i] = added->stored[i];
    if (write(acknowledged, stored.data(), sizeof(stored)) != sizeof(stored)) break;
  }
  _exit(1);
}

// What the child acknowledged last, having been killed `delay` microseconds after an ack.
std::array<int64_t, kSegments> KillAfter(pid_t child, int acknowledged, int count,
                                         useconds_t delay) {
  std::array<int64_t, kSegments> last{};
  for (int i = 0; i < count; ++i) {
    EXPECT_EQ(read(acknowledged, last.data(), sizeof(last)), static_cast<ssize_t>(sizeof(last)));
  }
  usleep(delay);  // into the middle of what it does next
  kill(child, SIGKILL);
  while (read(acknowledged, last.data(), sizeof(last)) == static_cast<ssize_t>(sizeof(last))) {
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";
  return last;
}

TEST(UsageDurabilityTest, KilledInTheMiddleAndToldAgainEachRecordCountsOnce) {
  const auto seed = std::random_device()();
  RecordProperty("seed", std::to_string(seed));
  std::mt19937 random(seed);
  const test::TempFolder folder;
  const std::string path = folder.File("usage.db");
  std::array<int64_t, kSegments> acknowledged{};
  for (int round = 0; round < 10; ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed) + " round " + std::to_string(round));
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) AddUntilKilled(path, acknowledged, ends[1]);
    close(ends[1]);
    acknowledged = KillAfter(child, ends[0], 1 + static_cast<int>(random() % 6), random() % 20'000);
    close(ends[0]);

    const auto store = OpenUsage(path);
    ASSERT_NE(store, nullptr);
    int64_t acknowledged_records = 0;
    for (const int64_t stored : acknowledged) acknowledged_records += stored;
    EXPECT_GE(AllUsage(*store).requests(), acknowledged_records) << "acknowledged and lost";
    // From the very first record on, in pieces that do not fit those of before.
    constexpr int kPiece = 333;
    int64_t records = 0;
    int64_t tokens = 0;
    for (int i = 0; i < kSegments; ++i) {
      const int64_t end = acknowledged[i] + 2 * kBatchRecords;
      for (int64_t first = 1; first <= end; first += kPiece) {
        const int count = static_cast<int>(std::min<int64_t>(kPiece, end - first + 1));
        const auto added = store->Add(
            {NumberedUsage("n", static_cast<char>('a' + i), static_cast<int>(first), count)},
            kUsageTime);
        ASSERT_TRUE(added.ok()) << added.status();
        EXPECT_TRUE(added->gaps.empty());
      }
      acknowledged[i] = end;
      records += end;
      tokens += end * (end + 1) / 2;
    }
    EXPECT_EQ(AllUsage(*store).requests(), records);
    EXPECT_EQ(AllUsage(*store).input_tokens(), tokens);
    EXPECT_EQ(DetailCount(*store), records);
  }
}

}  // namespace
}  // namespace sluice::store
