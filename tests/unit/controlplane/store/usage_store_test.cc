#include "controlplane/store/usage_store.h"

#include <SQLiteCpp/Database.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/controlplane/store/fault_vfs.h"
#include "tests/unit/controlplane/store/usage_samples.h"

namespace sluice::store {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class UsageStoreTest : public ::testing::Test {
 protected:
  AddedUsage Add(UsageStore& store, const std::vector<NodeUsage>& batches,
                 absl::Time now = kUsageTime) {
    auto added = store.Add(batches, now);
    EXPECT_TRUE(added.ok()) << added.status();
    return added.ok() ? *std::move(added) : AddedUsage();
  }
  std::string path() const { return folder_.File("usage.db"); }
  std::string Refusal() const {
    const auto store = UsageStore::Open(path(), {});
    return store.ok() ? "" : std::string(store.status().message());
  }

  test::TempFolder folder_;
};

TEST_F(UsageStoreTest, BatchesOfManyNodesAreStoredAndAnsweredEach) {
  const auto store = OpenUsage(path());
  const AddedUsage added =
      Add(*store, {NumberedUsage("n1", 'a', 1, 3), NumberedUsage("n2", 'b', 1, 5),
                   NumberedUsage("n1", 'a', 4, 2)});
  EXPECT_THAT(added.stored, ElementsAre(3, 5, 5));
  EXPECT_EQ(added.records, 10);
  EXPECT_EQ(added.duplicates, 0);
  EXPECT_THAT(added.gaps, IsEmpty());
  EXPECT_EQ(added.newest, kUsageTime);
  EXPECT_EQ(AllUsage(*store).requests(), 10);
  EXPECT_EQ(AllUsage(*store).input_tokens(), 15 + 15);
  EXPECT_EQ(DetailCount(*store), 10);
  EXPECT_EQ(*store->Newest(), kUsageTime);
}

TEST_F(UsageStoreTest, WhatComesAgainIsSkippedHoweverItIsCut) {
  const auto store = OpenUsage(path());
  Add(*store, {NumberedUsage("n1", 'a', 1, 4)});
  const AddedUsage again = Add(*store, {NumberedUsage("n1", 'a', 1, 4)});
  EXPECT_THAT(again.stored, ElementsAre(4));
  EXPECT_EQ(again.records, 0);
  EXPECT_EQ(again.duplicates, 4);
  EXPECT_THAT(Add(*store, {NumberedUsage("n1", 'a', 2, 2)}).stored, ElementsAre(4));
  const AddedUsage across = Add(*store, {NumberedUsage("n1", 'a', 3, 4)});
  EXPECT_THAT(across.stored, ElementsAre(6));
  EXPECT_EQ(across.records, 2);
  EXPECT_EQ(across.duplicates, 2);
  // In one transaction too, and from a node that has another name by now.
  EXPECT_EQ(Add(*store, {NumberedUsage("n2", 'a', 7, 1), NumberedUsage("n1", 'a', 7, 1)}).records,
            1);
  EXPECT_EQ(AllUsage(*store).requests(), 7);
  EXPECT_EQ(AllUsage(*store).input_tokens(), 28);
  EXPECT_EQ(DetailCount(*store), 7);
}

TEST_F(UsageStoreTest, WhateverIsSentAgainInWhateverOrderEachRecordCountsOnce) {
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto store = OpenUsage(path());
  constexpr int kSegments = 4;
  constexpr int kRecords = 60;
  int told[kSegments] = {};  // each node goes on from anywhere that was acknowledged
  while (std::any_of(told, told + kSegments, [](int t) { return t < kRecords; })) {
    std::vector<NodeUsage> batches;
    for (int i = static_cast<int>(random() % 3); i >= 0; --i) {
      const int segment = static_cast<int>(random() % kSegments);
      const int first = 1 + static_cast<int>(random() % (told[segment] + 1));
      const int last = std::min(kRecords, first + static_cast<int>(random() % 12));
      if (first > last) continue;
      batches.push_back(
          NumberedUsage("n", static_cast<char>('a' + segment), first, last - first + 1));
      told[segment] = std::max(told[segment], last);
    }
    EXPECT_THAT(Add(*store, batches).gaps, IsEmpty());
  }
  EXPECT_EQ(AllUsage(*store).requests(), kSegments * kRecords);
  EXPECT_EQ(AllUsage(*store).input_tokens(), kSegments * kRecords * (kRecords + 1) / 2);
  EXPECT_EQ(DetailCount(*store), kSegments * kRecords);
}

TEST_F(UsageStoreTest, ABatchBehindAGapIsStoredAndTheGapTold) {
  const auto store = OpenUsage(path());
  Add(*store, {NumberedUsage("n1", 'a', 1, 2)});
  const AddedUsage added =
      Add(*store, {NumberedUsage("n1", 'a', 6, 2), NumberedUsage("n2", 'b', 4, 1)});
  EXPECT_THAT(added.stored, ElementsAre(7, 4));
  ASSERT_EQ(added.gaps.size(), 2u);
  EXPECT_EQ(added.gaps[0].node, "n1");
  EXPECT_EQ(added.gaps[0].records, 3);
  EXPECT_EQ(added.gaps[1].node, "n2");
  EXPECT_EQ(added.gaps[1].records, 3);
  EXPECT_EQ(AllUsage(*store).input_tokens(), 1 + 2 + 6 + 7 + 4);
  EXPECT_THAT(Add(*store, {NumberedUsage("n1", 'a', 8, 1)}).gaps, IsEmpty()) << "told once";
}

TEST_F(UsageStoreTest, ItIsAllThereAfterItWasOpenedAgain) {
  Add(*OpenUsage(path()), {NumberedUsage("n1", 'a', 1, 4)});
  const auto store = OpenUsage(path());
  EXPECT_EQ(AllUsage(*store).requests(), 4);
  EXPECT_EQ(Add(*store, {NumberedUsage("n1", 'a', 1, 5)}).records, 1);
  struct stat file {};
  ASSERT_EQ(stat(path().c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600u);
}

TEST_F(UsageStoreTest, WithoutDetailTheSumsAreKeptAlone) {
  const auto store = OpenUsage(path(), {.detail_days = 0, .days = 400, .most_pages = 0});
  Add(*store, {NumberedUsage("n1", 'a', 1, 4)});
  EXPECT_EQ(DetailCount(*store), 0);
  EXPECT_EQ(AllUsage(*store).requests(), 4);
  EXPECT_EQ(*store->Newest(), kUsageTime);
}

// Prunes until nothing more is to be removed; the number of bites.
int PruneAll(UsageStore& store, absl::Time now) {
  for (int bites = 1;; ++bites) {
    const auto more = store.Prune(now);
    EXPECT_TRUE(more.ok()) << more.status();
    if (!more.ok() || !*more) return bites;
  }
}

TEST_F(UsageStoreTest, WhatIsTooOldGoesALittleAtATime) {
  const auto store = OpenUsage(path(), {.detail_days = 7, .days = 30, .most_pages = 0});
  for (int i = 0; i < 5; ++i) Add(*store, {NumberedUsage("n1", 'a', 1 + 500 * i, 500)});
  Add(*store, {NumberedUsage("n1", 'b', 1, 3, kUsageTime + absl::Hours(48))});
  EXPECT_EQ(PruneAll(*store, kUsageTime + absl::Hours(24 * 7)), 1);
  EXPECT_EQ(DetailCount(*store), 2503) << "not before its time";
  EXPECT_EQ(PruneAll(*store, kUsageTime + absl::Hours(24 * 7 + 1)), 3);
  EXPECT_EQ(DetailCount(*store), 3);
  EXPECT_EQ(AllUsage(*store).requests(), 2503);
  PruneAll(*store, kUsageTime + absl::Hours(24 * 30));
  EXPECT_EQ(AllUsage(*store).requests(), 2503);
  PruneAll(*store, kUsageTime + absl::Hours(24 * 30 + 2));
  EXPECT_EQ(AllUsage(*store).requests(), 3);
  PruneAll(*store, kUsageTime + absl::Hours(24 * 40));
  EXPECT_EQ(AllUsage(*store).requests(), 0);
}

TEST_F(UsageStoreTest, HowFarASegmentIsStoredIsKnownForAsLongAsItsRecords) {
  const auto store = OpenUsage(path(), {.detail_days = 1, .days = 30, .most_pages = 0});
  Add(*store, {NumberedUsage("n1", 'a', 1, 3)});
  PruneAll(*store, kUsageTime + absl::Hours(24 * 30));
  EXPECT_EQ(Add(*store, {NumberedUsage("n1", 'a', 1, 3)}).records, 0);
  PruneAll(*store, kUsageTime + absl::Hours(24 * 32));
  EXPECT_EQ(Add(*store, {NumberedUsage("n1", 'a', 1, 3)}).records, 3) << "forgotten";
}

TEST_F(UsageStoreTest, IdsAreNeverGivenTwice) {
  const auto store = OpenUsage(path());
  Add(*store, {NumberedUsage("n1", 'a', 1, 3)});
  PruneAll(*store, kUsageTime + absl::Hours(24 * 8));
  Add(*store, {NumberedUsage("n1", 'a', 4, 1, kUsageTime + absl::Hours(24 * 8))});
  const auto listed = store->List({}, 0, 10);
  ASSERT_EQ(listed->records_size(), 1);
  EXPECT_EQ(listed->records(0).id(), 4);
}

TEST_F(UsageStoreTest, AFullFileStoresNothingAndGoesOnWhenThereIsRoom) {
  const auto store = OpenUsage(path(), {.detail_days = 7, .days = 400, .most_pages = 60});
  int stored = 0;
  absl::Status status;
  while (status.ok()) {
    const auto added = store->Add({NumberedUsage("n1", 'a', stored + 1, 100)}, kUsageTime);
    status = added.status();
    if (added.ok()) stored += 100;
    ASSERT_LT(stored, 100'000);
  }
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("cannot write the usage database: "));
  EXPECT_GT(stored, 100);
  EXPECT_EQ(AllUsage(*store).requests(), stored);
  EXPECT_EQ(DetailCount(*store), stored);
  PruneAll(*store, kUsageTime + absl::Hours(24 * 8));
  const AddedUsage added = Add(*store, {NumberedUsage("n1", 'a', stored + 1, 100)});
  EXPECT_EQ(added.records, 100);
  EXPECT_THAT(added.gaps, IsEmpty());
  EXPECT_EQ(AllUsage(*store).requests(), stored + 100);
}

TEST_F(UsageStoreTest, ADiskThatFailsAtAnyStepLeavesAllOrNothing) {
  for (const int code : {SQLITE_IOERR_WRITE, SQLITE_FULL}) {
    bool broke = true;
    for (int step = 1; broke; ++step) {
      SCOPED_TRACE("code " + std::to_string(code) + " step " + std::to_string(step));
      const std::string path = folder_.File(std::to_string(code) + "-" + std::to_string(step));
      FaultVfs disk;
      {
        const auto store = OpenUsage(path);
        Add(*store, {NumberedUsage("n1", 'a', 1, 2)});
        disk.BreakAt(step, code);
        const auto added = store->Add({NumberedUsage("n1", 'a', 3, 2)}, kUsageTime);
        broke = disk.broken();
        disk.Heal();
        const int64_t requests = AllUsage(*store).requests();
        if (added.ok()) {
          EXPECT_EQ(requests, 4);
        } else {
          EXPECT_TRUE(requests == 2 || requests == 4) << requests;
        }
        Add(*store, {NumberedUsage("n1", 'a', 3, 2)});
        EXPECT_EQ(AllUsage(*store).requests(), 4);
      }
      const auto store = OpenUsage(path);
      EXPECT_EQ(AllUsage(*store).input_tokens(), 1 + 2 + 3 + 4);
      EXPECT_EQ(DetailCount(*store), 4);
    }
  }
}

TEST_F(UsageStoreTest, AFileThatIsNotOursIsRefusedByName) {
  ASSERT_TRUE(folder_.Write("usage.db", std::string(8192, 'x')));
  EXPECT_THAT(Refusal(), AllOf(HasSubstr(path()), HasSubstr("is not a database")));
  EXPECT_EQ(test::FileText(path()), std::string(8192, 'x')) << "it is left as it was";
}

TEST_F(UsageStoreTest, ADatabaseOfAnotherProgramOrALaterReleaseIsRefusedByName) {
  {
    SQLite::Database other(path(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    other.exec("CREATE TABLE theirs(x)");
  }
  EXPECT_THAT(Refusal(), AllOf(HasSubstr(path()), HasSubstr("of another program")));
  ASSERT_EQ(unlink(path().c_str()), 0);
  OpenUsage(path());
  SQLite::Database(path(), SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 2");
  EXPECT_THAT(Refusal(), AllOf(HasSubstr(path()), HasSubstr("newer release (schema 2")));
}

TEST_F(UsageStoreTest, ADamagedFileIsRefusedByName) {
  {
    const auto store = OpenUsage(path());
    for (int i = 0; i < 4; ++i) Add(*store, {NumberedUsage("n1", 'a', 1 + 500 * i, 500)});
  }
  std::string bytes = test::FileText(path());
  ASSERT_GT(bytes.size(), 100'000u);
  for (size_t i = 40'000; i < 90'000; ++i) bytes[i] = static_cast<char>(i * 7);
  ASSERT_TRUE(folder_.Write("usage.db", bytes));
  const auto store = UsageStore::Open(path(), {});
  EXPECT_TRUE(absl::IsDataLoss(store.status())) << store.status();
  EXPECT_THAT(std::string(store.status().message()),
              AllOf(HasSubstr(path()), HasSubstr("damaged")));
}

TEST_F(UsageStoreTest, TwoDoNotUseOneFile) {
  const auto store = OpenUsage(path());
  EXPECT_THAT(Refusal(), AllOf(HasSubstr(path()), HasSubstr("in use")));
}

}  // namespace
}  // namespace sluice::store
