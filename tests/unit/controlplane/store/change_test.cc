#include "controlplane/store/change.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/temp_folder.h"
#include "tests/unit/controlplane/store/fault_vfs.h"
#include "tests/unit/controlplane/store/new_store.h"

namespace sluice::store {
namespace {

// Everything in the store, as text, so that "as it was" can be compared.
std::string Contents(const std::string& path) {
  SQLite::Database database(path, SQLite::OPEN_READONLY);
  std::string text;
  for (const char* table : {"resource", "change", "change_item", "audit"}) {
    SQLite::Statement statement(database, std::string("SELECT * FROM ") + table);
    while (statement.executeStep()) {
      for (int i = 0; i < statement.getColumnCount(); ++i) {
        text += statement.getColumn(i).getString() + "|";
      }
      text += "\n";
    }
  }
  return text;
}

int Count(const std::string& path, const std::string& sql) {
  SQLite::Database database(path, SQLite::OPEN_READONLY);
  return database.execAndGet(sql).getInt();
}

TEST(ChangeTest, CommitGivesTheNextRevisionWithChangeItemsAndAudit) {
  const test::TempFolder folder;
  const std::string path = folder.File("s.db");
  auto store = NewStore(path);
  auto first = Commit(*store, ProviderRow("a"));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->revision, 1);
  EXPECT_TRUE(first->changed);
  auto second = Commit(*store, ProviderRow("b"), ProviderRow("c"));
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->revision, 2);
  EXPECT_EQ(Count(path, "SELECT count(*) FROM change"), 2);
  EXPECT_EQ(Count(path, "SELECT count(*) FROM change_item WHERE revision = 2"), 2);
  EXPECT_EQ(Count(path, "SELECT count(*) FROM audit WHERE actor = 'alice' AND token = 'tok'"), 2);
}

TEST(ChangeTest, AChangeOfNothingAddsNoRevision) {
  const test::TempFolder folder;
  auto store = NewStore(folder.File("s.db"));
  ASSERT_TRUE(Commit(*store, ProviderRow("a")).ok());
  auto again = Commit(*store, ProviderRow("a"));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->revision, 1);
  EXPECT_FALSE(again->changed);
  EXPECT_EQ(Count(folder.File("s.db"), "SELECT count(*) FROM audit"), 1);
}

TEST(ChangeTest, WhatIsNotCommittedIsUndone) {
  const test::TempFolder folder;
  auto store = NewStore(folder.File("s.db"));
  {
    auto change = store->Begin(TestInfo());
    ASSERT_TRUE(change.ok());
    ASSERT_TRUE((*change)->Put(ProviderRow("a")).ok());
  }
  auto reading = store->Read();
  ASSERT_TRUE(reading.ok());
  EXPECT_EQ(*(*reading)->rows().CountNamed(ResourceKind::kProvider), 0);
}

TEST(ChangeTest, ANameIsHeldByOneResourceOfItsKind) {
  const test::TempFolder folder;
  auto store = NewStore(folder.File("s.db"));
  config::v1::ClientKey one;
  one.set_id("id1");
  one.set_name("app");
  config::v1::ClientKey two = one;
  two.set_id("id2");
  ASSERT_TRUE(Commit(*store, RowOf(one, "x")).ok());
  auto taken = Commit(*store, RowOf(two, "y"));
  EXPECT_TRUE(absl::IsAlreadyExists(taken.status())) << taken.status();
  one.mutable_revoked_at()->set_seconds(1);
  EXPECT_TRUE(Commit(*store, RowOf(one, "x"), RowOf(two, "y")).ok());
}

TEST(ChangeTest, AfterAFailedPutCommitFailsToo) {
  const test::TempFolder folder;
  auto store = NewStore(folder.File("s.db"));
  auto change = store->Begin(TestInfo());
  ASSERT_TRUE(change.ok());
  ASSERT_TRUE((*change)->Put(ProviderRow("a")).ok());
  EXPECT_TRUE(absl::IsNotFound((*change)->Erase(ResourceKind::kProvider, "b")));
  EXPECT_TRUE(absl::IsNotFound((*change)->Commit("test").status()));
  change->reset();
  EXPECT_EQ(Contents(folder.File("s.db")), "");
}

TEST(ChangeTest, EraseKeepsWhatWasInTheHistory) {
  const test::TempFolder folder;
  auto store = NewStore(folder.File("s.db"));
  ASSERT_TRUE(Commit(*store, ProviderRow("a")).ok());
  {
    auto change = store->Begin(TestInfo());
    ASSERT_TRUE((*change)->Erase(ResourceKind::kProvider, "a").ok());
    ASSERT_TRUE((*change)->Commit("test").ok());
  }
  EXPECT_EQ(Count(folder.File("s.db"), "SELECT count(*) FROM resource"), 0);
  EXPECT_EQ(Count(folder.File("s.db"),
                  "SELECT count(*) FROM change_item WHERE revision = 2 AND before_body IS NOT NULL "
                  "AND after_body IS NULL"),
            1);
}

// Breaks the disk at every step of a write in turn, until a write meets no broken step.
void FailAtEveryStep(int code, absl::StatusCode expected) {
  FaultVfs disk;
  const test::TempFolder folder;
  const std::string path = folder.File("s.db");
  auto store = NewStore(path);
  ASSERT_TRUE(Commit(*store, ProviderRow("a", "https://before.example")).ok());
  const std::string before = Contents(path);
  int step = 1;
  for (;; ++step) {
    ASSERT_LT(step, 1000) << "the write never succeeds";
    disk.BreakAt(step, code);
    auto committed = Commit(*store, ProviderRow("a", "https://after.example"), ProviderRow("b"),
                            ProviderRow("c"));
    const bool reached = disk.broken();
    disk.Heal();
    if (!reached) {
      ASSERT_TRUE(committed.ok()) << committed.status();
      EXPECT_EQ(committed->revision, 2);
      break;
    }
    ASSERT_FALSE(committed.ok()) << "step " << step << " failed unnoticed";
    EXPECT_EQ(committed.status().code(), expected) << committed.status();
    EXPECT_EQ(Contents(path), before) << "after a failure at step " << step;
  }
  EXPECT_GT(step, 1) << "no step was broken: the test proves nothing";
  EXPECT_EQ(Count(path, "SELECT count(*) FROM resource"), 3);
}

TEST(ChangeTest, ABrokenDiskAtAnyStepLeavesTheStoreAsItWas) {
  FailAtEveryStep(SQLITE_IOERR_WRITE, absl::StatusCode::kUnavailable);
}

TEST(ChangeTest, AFullDiskAtAnyStepIsResourceExhaustedAndLeavesTheStoreAsItWas) {
  FailAtEveryStep(SQLITE_FULL, absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace sluice::store
