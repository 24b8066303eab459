#include "controlplane/store/store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "common/base/file.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/controlplane/store/new_store.h"

namespace sluice::store {
namespace {

std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

void Execute(const std::string& path, const std::string& sql) {
  SQLite::Database database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  database.exec(sql);
}

TEST(StoreTest, ANewStoreHasAnEpochThatStays) {
  const test::TempFolder folder;
  std::string epoch;
  {
    auto store = NewStore(folder.File("s.db"));
    epoch = *store->Epoch();
    EXPECT_EQ(epoch.size(), 26u);
  }
  EXPECT_EQ(*ExistingStore(folder.File("s.db"))->Epoch(), epoch);
  EXPECT_NE(*NewStore(folder.File("t.db"))->Epoch(), epoch);
}

TEST(StoreTest, TheFilesAreForTheOwnerOnly) {
  const test::TempFolder folder;
  auto store = NewStore(folder.File("s.db"));
  ASSERT_TRUE(Commit(*store, ProviderRow("a")).ok());
  for (const char* name : {"s.db", "s.db-wal", "s.db-shm", "s.db.lock"}) {
    struct stat found {};
    ASSERT_EQ(stat(folder.File(name).c_str(), &found), 0) << name;
    EXPECT_EQ(found.st_mode & 0777, 0600u) << name;
  }
}

TEST(StoreTest, WritesAreFlushedAndTheSchemaIsNotTrusted) {
  const test::TempFolder folder;
  auto store = NewStore(folder.File("s.db"));
  SQLite::Database database(folder.File("s.db"), SQLite::OPEN_READONLY);
  EXPECT_EQ(database.execAndGet("PRAGMA journal_mode").getString(), "wal");
  EXPECT_EQ(database
                .execAndGet("SELECT count(*) FROM pragma_table_list "
                            "WHERE schema = 'main' AND name NOT LIKE 'sqlite_%' AND strict = 0")
                .getInt(),
            0);
}

TEST(StoreTest, AFileThatIsNoDatabaseIsRefusedUntouched) {
  const test::TempFolder folder;
  const std::string path = folder.File("s.db");
  const std::string text(5000, 'x');
  std::ofstream(path) << text;
  auto store = Store::Open(path);
  ASSERT_TRUE(absl::IsFailedPrecondition(store.status())) << store.status();
  EXPECT_EQ(MessageOf(store.status()), path + " is not a database");
  EXPECT_EQ(*base::ReadFile(path), text);
}

TEST(StoreTest, ADatabaseOfAnotherProgramIsRefused) {
  const test::TempFolder folder;
  Execute(folder.File("s.db"), "CREATE TABLE t(x)");
  auto store = Store::Open(folder.File("s.db"));
  ASSERT_TRUE(absl::IsFailedPrecondition(store.status())) << store.status();
  EXPECT_NE(MessageOf(store.status()).find("another program"), std::string::npos);
}

TEST(StoreTest, ANewerSchemaIsRefused) {
  const test::TempFolder folder;
  NewStore(folder.File("s.db")).reset();
  Execute(folder.File("s.db"), "PRAGMA user_version = 99");
  auto store = Store::Open(folder.File("s.db"));
  ASSERT_TRUE(absl::IsFailedPrecondition(store.status())) << store.status();
  EXPECT_NE(MessageOf(store.status()).find("newer release (schema 99"), std::string::npos);
}

TEST(StoreTest, ADamagedDatabaseIsRefused) {
  const test::TempFolder folder;
  const std::string path = folder.File("s.db");
  {
    auto store = NewStore(path);
    for (int i = 0; i < 50; ++i) {
      ASSERT_TRUE(Commit(*store, ProviderRow("p" + std::to_string(i))).ok());
    }
  }
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(0, std::ios::end);
  const auto size = static_cast<size_t>(file.tellp());
  file.seekp(4096);
  file << std::string(size - 4096, '\x5a');
  file.close();
  auto store = Store::Open(path);
  EXPECT_TRUE(absl::IsDataLoss(store.status())) << store.status();
}

TEST(StoreTest, ASecondUserIsRefusedUntilTheFirstEnds) {
  const test::TempFolder folder;
  auto store = NewStore(folder.File("s.db"));
  auto second = Store::Open(folder.File("s.db"));
  ASSERT_TRUE(absl::IsFailedPrecondition(second.status())) << second.status();
  EXPECT_NE(MessageOf(second.status()).find("in use by another control plane"), std::string::npos);
  store.reset();
  EXPECT_TRUE(Store::Open(folder.File("s.db")).ok());
}

TEST(StoreTest, AFolderThatIsNotThereIsNamed) {
  const test::TempFolder folder;
  auto store = Store::Open(folder.File("none/s.db"));
  ASSERT_FALSE(store.ok());
  EXPECT_NE(MessageOf(store.status()).find(folder.File("none/s.db")), std::string::npos);
}

TEST(StoreTest, AReadingSeesOneRevisionWhileOthersWrite) {
  const test::TempFolder folder;
  auto store = NewStore(folder.File("s.db"));
  ASSERT_TRUE(Commit(*store, ProviderRow("a")).ok());
  auto reading = store->Read();
  ASSERT_TRUE(reading.ok());
  EXPECT_EQ(*(*reading)->rows().Revision(), 1);
  ASSERT_TRUE(Commit(*store, ProviderRow("b")).ok());
  EXPECT_EQ(*(*reading)->rows().Revision(), 1);
  EXPECT_EQ((*reading)->rows().List(ResourceKind::kProvider)->size(), 1u);
}

TEST(StoreTest, ChangesComeNewestFirstAndInPages) {
  const test::TempFolder folder;
  auto store = NewStore(folder.File("s.db"));
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(Commit(*store, ProviderRow(name)).ok());
  auto reading = store->Read();
  auto changes = (*reading)->Changes(0, 2);
  ASSERT_TRUE(changes.ok());
  ASSERT_EQ(changes->size(), 2u);
  EXPECT_EQ((*changes)[0].revision, 3);
  EXPECT_EQ((*changes)[0].actor, "alice");
  EXPECT_EQ((*changes)[0].at, kTestTime);
  changes = (*reading)->Changes(2, 10);
  ASSERT_EQ(changes->size(), 1u);
  EXPECT_EQ((*changes)[0].revision, 1);
}

TEST(StoreTest, SetupThatIsCutShortIsDoneAgain) {
  const test::TempFolder folder;
  auto store = NewStore(folder.File("s.db"));
  EXPECT_FALSE(*store->SetupIsComplete());
  const std::vector<TokenRow> first = {{"one", TokenKind::kAdmin, "owner", "owner", "digest1"}};
  EXPECT_FALSE(
      store->FinishSetup(first, kTestTime, [] { return absl::InternalError("cut"); }).ok());
  EXPECT_FALSE(*store->SetupIsComplete());
  EXPECT_TRUE(store->Tokens()->empty());
  const std::vector<TokenRow> second = {{"two", TokenKind::kJoin, "join", "node", "digest2"}};
  EXPECT_TRUE(store->FinishSetup(second, kTestTime, [] { return absl::OkStatus(); }).ok());
  EXPECT_TRUE(*store->SetupIsComplete());
  ASSERT_EQ(store->Tokens()->size(), 1u);
  EXPECT_EQ(store->Tokens()->front().id, "two");
}

}  // namespace
}  // namespace sluice::store
