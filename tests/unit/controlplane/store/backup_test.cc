#include "controlplane/store/backup.h"

#include <SQLiteCpp/Database.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <set>
#include <thread>

#include "common/base/file.h"
#include "common/base/text.h"
#include "common/crypto/digest.h"
#include "controlplane/store/backup_check.h"
#include "controlplane/store/database_files.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/controlplane/store/fault_vfs.h"
#include "tests/unit/controlplane/store/new_store.h"

namespace sluice::store {
namespace {

using ::testing::HasSubstr;

std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

std::set<std::string> FilesIn(const std::string& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.insert(entry.path().filename());
  }
  return names;
}

std::string All(Backup& backup, size_t piece = 1000) {
  std::string all;
  for (;;) {
    auto bytes = backup.Next(piece);
    EXPECT_TRUE(bytes.ok()) << bytes.status();
    if (!bytes.ok() || bytes->empty()) return all;
    EXPECT_LE(bytes->size(), piece);
    all += *bytes;
  }
}

class BackupTest : public ::testing::Test {
 protected:
  BackupTest() : store_(NewStore(database_)) {
    const absl::Status setup = store_->FinishSetup({}, kTestTime, [] { return absl::OkStatus(); });
    EXPECT_TRUE(setup.ok()) << setup;
  }

  void Write(const std::string& name) { ASSERT_TRUE(Commit(*store_, ProviderRow(name)).ok()); }
  // As a file, and its path.
  std::string Saved() {
    auto backup = Backup::Make(database_);
    EXPECT_TRUE(backup.ok()) << backup.status();
    saved_revision_ = (*backup)->revision();
    const std::string path = folder_.File("b/saved");
    EXPECT_TRUE(base::MakeFolder(folder_.File("b")).ok());
    EXPECT_TRUE(base::WriteFileAtomically(path, All(**backup)).ok());
    return path;
  }
  // Changes the file through SQLite.
  static void Tamper(const std::string& path, const std::string& sql) {
    SQLite::Database(path, SQLite::OPEN_READWRITE).exec(sql);
  }
  void ExpectRefused(const std::string& path, const std::string& why) {
    const auto before = FilesIn(folder_.File("b"));
    const absl::Status status = InspectBackup(path).status();
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(MessageOf(status), HasSubstr(why));
    EXPECT_THAT(MessageOf(status), HasSubstr(path));
    EXPECT_EQ(FilesIn(folder_.File("b")), before);
  }

  test::TempFolder folder_;
  const std::string database_ = folder_.File("s.db");
  std::unique_ptr<Store> store_;
  int64_t saved_revision_ = 0;
};

TEST_F(BackupTest, IsTheDatabaseAsOfItsInstant) {
  Write("a");
  Write("b");
  auto backup = Backup::Make(database_);
  ASSERT_TRUE(backup.ok()) << backup.status();
  Write("c");
  EXPECT_EQ((*backup)->revision(), 2);
  const std::string bytes = All(**backup);
  EXPECT_EQ((*backup)->size(), static_cast<int64_t>(bytes.size()));
  EXPECT_EQ((*backup)->Sha256(), crypto::Sha256Bytes(bytes));
  const std::string path = folder_.File("copy.db");
  ASSERT_TRUE(base::WriteFileAtomically(path, bytes).ok());
  EXPECT_EQ(InspectBackup(path)->revision, 2);
  EXPECT_EQ(InspectBackup(path)->meta.at("epoch"), *store_->Epoch());
  auto copy = ExistingStore(path);
  ASSERT_NE(copy, nullptr);
  EXPECT_EQ((*copy->Read())->rows().List(ResourceKind::kProvider)->size(), 2u);
}

TEST_F(BackupTest, LeavesNothingBeside) {
  Write("a");
  const auto before = FilesIn(folder_.path());
  auto backup = Backup::Make(database_);
  ASSERT_TRUE(backup.ok()) << backup.status();
  EXPECT_EQ(FilesIn(folder_.path()), before) << "while it is given out";
  EXPECT_FALSE(All(**backup).empty());
}

// The copying is in one reading transaction, so writers go on and it is consistent all the same.
TEST_F(BackupTest, WritersGoOnMeanwhile) {
  // Large enough to be copied in more than one step.
  for (int i = 0; i < 5; ++i) {
    const ResourceRow large = ProviderRow(base::Cat("large", i), std::string(2 << 20, 'x'));
    ASSERT_TRUE(Commit(*store_, large).ok());
  }
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (int i = 0; !done || i < 20; ++i) {
      EXPECT_TRUE(Commit(*store_, ProviderRow(base::Cat("meanwhile", i))).ok());
    }
  });
  for (int round = 0; round < 5; ++round) {
    const std::string path = Saved();
    const auto contents = InspectBackup(path);
    ASSERT_TRUE(contents.ok()) << contents.status();
    const int64_t providers =
        SQLite::Database(path).execAndGet("SELECT count(*) FROM resource").getInt64();
    EXPECT_EQ(providers, contents->revision);
    EXPECT_EQ(saved_revision_, contents->revision) << "what was written meanwhile is in it";
  }
  done = true;
  writer.join();
}

TEST_F(BackupTest, AFullDiskIsSaidAndLeavesNothing) {
  store_.reset();
  FaultVfs disk;
  store_ = ExistingStore(database_);
  for (int i = 0; i < 20; ++i) Write(base::Cat("a", i));
  const auto before = FilesIn(folder_.path());
  for (int step = 1;; ++step) {
    disk.BreakAt(step, SQLITE_FULL);
    auto backup = Backup::Make(database_);
    const bool reached = disk.broken();
    disk.Heal();
    if (!reached) {
      EXPECT_TRUE(backup.ok()) << backup.status();
      EXPECT_GT(step, 5);
      break;
    }
    EXPECT_TRUE(absl::IsResourceExhausted(backup.status())) << step << ": " << backup.status();
    EXPECT_THAT(MessageOf(backup.status()), HasSubstr("disk is full"));
    EXPECT_THAT(MessageOf(backup.status()), HasSubstr(database_));
    EXPECT_EQ(FilesIn(folder_.path()), before) << step;
  }
  Write("still-writable");
  store_.reset();
}

TEST_F(BackupTest, OfNoDatabaseFails) {
  const absl::Status status = Backup::Make(folder_.File("none.db")).status();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(MessageOf(status), HasSubstr("none.db"));
}

TEST_F(BackupTest, AnInspectionSaysWhatAFileIsInstead) {
  Write("a");
  const std::string good = Saved();
  ASSERT_TRUE(InspectBackup(good).ok());
  const std::string path = folder_.File("b/x");
  ExpectRefused(path, "No such file");
  ASSERT_TRUE(base::WriteFileAtomically(path, "").ok());
  ExpectRefused(path, "is empty");
  ASSERT_TRUE(base::WriteFileAtomically(path, std::string(10000, 'x')).ok());
  ExpectRefused(path, "not a backup");
  const std::string bytes = *base::ReadFile(good);
  ASSERT_TRUE(base::WriteFileAtomically(path, bytes.substr(0, bytes.size() / 2)).ok());
  ExpectRefused(path, "damaged");
  ASSERT_TRUE(base::WriteFileAtomically(path, bytes).ok());
  ASSERT_TRUE(base::WriteFileAtomically(path + "-wal", "log").ok());
  ExpectRefused(path, "sluicectl backup");
}

TEST_F(BackupTest, AnInspectionFindsWhatWasTamperedWith) {
  Write("a");
  Write("b");
  const std::map<std::string, std::string> cases = {
      {"UPDATE audit SET actor = 'mallory' WHERE id = 2", "entry 2 does not fit the chain"},
      {"DELETE FROM audit WHERE id = 2", "does not fit the chain"},
      {"DELETE FROM audit WHERE id = 3", "ends at revision 1"},
      {"DELETE FROM change_item; DELETE FROM change WHERE revision = 1", "damaged"},
      {"UPDATE meta SET value = CAST('pending' AS BLOB) WHERE key = 'setup'", "set up"},
      {"DELETE FROM meta WHERE key = 'epoch'", "set up"},
      {"PRAGMA user_version = 99", "newer release"},
      {"PRAGMA application_id = 1", "another program"},
  };
  for (const auto& [sql, why] : cases) {
    const std::string path = Saved();
    Tamper(path, sql);
    ExpectRefused(path, why);
  }
}

TEST_F(BackupTest, AnInspectionReadsOddNames) {
  Write("a");
  const std::string path = folder_.File("b/a?b#c%20.db");
  std::filesystem::copy(Saved(), path);
  const auto contents = InspectBackup(path);
  EXPECT_TRUE(contents.ok()) << contents.status();
}

TEST_F(BackupTest, LeftOversGoAtTheNextStart) {
  store_.reset();
  for (const char* name : {"s.db.backup-abc123", "s.db.backup-abc123-wal", "s.db.restore-q2w3e4",
                           "other.db.backup-abc123", "s.db.replaced-20260101T000000Z"}) {
    ASSERT_TRUE(base::WriteFileAtomically(folder_.File(name), "x").ok());
  }
  store_ = ExistingStore(database_);
  const auto files = FilesIn(folder_.path());
  EXPECT_FALSE(files.contains("s.db.backup-abc123"));
  EXPECT_FALSE(files.contains("s.db.backup-abc123-wal"));
  EXPECT_FALSE(files.contains("s.db.restore-q2w3e4"));
  EXPECT_TRUE(files.contains("other.db.backup-abc123"));
  EXPECT_TRUE(files.contains("s.db.replaced-20260101T000000Z"));
}

// A killed control plane leaves what it acknowledged in the log.
TEST_F(BackupTest, ADatabaseMovesWithItsLog) {
  Write("a");
  const std::string killed = folder_.File("killed.db");
  std::filesystem::copy(database_, killed);
  std::filesystem::copy(database_ + "-wal", killed + "-wal");
  const std::string to = folder_.File("moved.db");
  ASSERT_TRUE(MoveDatabase(killed, to).ok());
  EXPECT_FALSE(std::filesystem::exists(killed));
  EXPECT_FALSE(std::filesystem::exists(killed + "-wal"));
  EXPECT_EQ((*ExistingStore(to)->Read())->rows().Revision().value(), 1);
  EXPECT_TRUE(MoveDatabase(killed, to).ok()) << "there is nothing to move";
}

TEST_F(BackupTest, ADamagedDatabaseMovesAsItIs) {
  const std::string damaged = folder_.File("damaged.db");
  ASSERT_TRUE(base::WriteFileAtomically(damaged, std::string(5000, 'x')).ok());
  ASSERT_TRUE(base::WriteFileAtomically(damaged + "-wal", "log").ok());
  const std::string to = folder_.File("moved.db");
  ASSERT_TRUE(MoveDatabase(damaged, to).ok());
  EXPECT_EQ(*base::ReadFile(to), std::string(5000, 'x'));
  EXPECT_FALSE(std::filesystem::exists(damaged));
  EXPECT_FALSE(std::filesystem::exists(damaged + "-wal")) << "it would be the next database's";
}

}  // namespace
}  // namespace sluice::store
