// What was acknowledged survives kill -9.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <random>
#include <string>

#include "tests/support/temp_folder.h"
#include "tests/unit/controlplane/store/new_store.h"

namespace sluice::store {
namespace {

// Commits for ever, and says each revision once it is acknowledged.
[[noreturn]] void CommitUntilKilled(const std::string& path, int acknowledged) {
  auto store = ExistingStore(path);
  while (store != nullptr) {
    auto reading = store->Read();
    if (!reading.ok()) break;
    const int64_t newest = *(*reading)->rows().Revision();
    reading->reset();
    auto committed = Commit(*store, ProviderRow("p" + std::to_string(newest + 1)));
    if (!committed.ok()) break;
    if (write(acknowledged, &committed->revision, sizeof(int64_t)) != sizeof(int64_t)) break;
  }
  _exit(1);
}

// Returns the last revision that the child acknowledged before it was killed.
int64_t KillAfter(pid_t child, int acknowledged, int count) {
  int64_t last = 0;
  for (int i = 0; i < count; ++i) {
    EXPECT_EQ(read(acknowledged, &last, sizeof(last)), static_cast<ssize_t>(sizeof(last)));
  }
  kill(child, SIGKILL);
  // It may have acknowledged more until it died.
  while (read(acknowledged, &last, sizeof(last)) == static_cast<ssize_t>(sizeof(last))) continue;
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";
  return last;
}

TEST(DurabilityTest, EveryAcknowledgedRevisionSurvivesAKill) {
  const auto seed = std::random_device()();
  RecordProperty("seed", std::to_string(seed));
  std::mt19937 random(seed);
  std::uniform_int_distribution<int> commits(1, 12);
  const test::TempFolder folder;
  const std::string path = folder.File("s.db");
  const std::string epoch = *NewStore(path)->Epoch();
  for (int round = 0; round < 8; ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed) + " round " + std::to_string(round));
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) CommitUntilKilled(path, ends[1]);
    close(ends[1]);
    const int64_t acknowledged = KillAfter(child, ends[0], commits(random));
    close(ends[0]);

    auto store = ExistingStore(path);
    ASSERT_NE(store, nullptr);
    EXPECT_EQ(*store->Epoch(), epoch);
    auto reading = store->Read();
    const int64_t newest = *(*reading)->rows().Revision();
    EXPECT_GE(newest, acknowledged);
    EXPECT_EQ(*(*reading)->rows().CountNamed(ResourceKind::kProvider), newest);
    EXPECT_EQ((*reading)->Changes(0, 1000)->size(), static_cast<size_t>(newest));
  }
}

}  // namespace
}  // namespace sluice::store
