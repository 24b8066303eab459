#include "controlplane/store/audit_log.h"

#include <gmock/gmock.h>

#include <string>

#include "tests/support/temp_folder.h"
#include "tests/unit/controlplane/store/new_store.h"

namespace sluice::store {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

void Execute(const std::string& path, const std::string& sql) {
  SQLite::Database database(path, SQLite::OPEN_READWRITE);
  database.exec(sql);
}

AuditVerdict Verdict(Store& store) { return *(*store.Read())->CheckAudit(); }

class AuditLogTest : public ::testing::Test {
 protected:
  AuditLogTest() {
    auto store = NewStore(path_);
    EXPECT_TRUE(Commit(*store, ProviderRow("a")).ok());
    EXPECT_TRUE(Commit(*store, ProviderRow("a", "https://a.example")).ok());
    EXPECT_TRUE(Commit(*store, ProviderRow("b"), ProviderRow("c")).ok());
  }

  test::TempFolder folder_;
  const std::string path_ = folder_.File("s.db");
};

TEST_F(AuditLogTest, HoldsWhatWasWritten) {
  auto store = ExistingStore(path_);
  const AuditVerdict verdict = Verdict(*store);
  EXPECT_EQ(verdict.entries, 3);
  EXPECT_EQ(verdict.broken_at, 0);
  auto entries = (*store->Read())->Audit(0, 10);
  ASSERT_TRUE(entries.ok()) << entries.status();
  ASSERT_EQ(entries->size(), 3u);
  EXPECT_EQ(entries->front().hash, verdict.head);
  EXPECT_EQ(entries->front().id, 3);
  EXPECT_EQ((*entries)[1].revision, 2);
  EXPECT_EQ((*entries)[1].actor, "alice");
  EXPECT_EQ((*entries)[1].peer, "ipv4:127.0.0.1:1");
  EXPECT_EQ((*entries)[1].detail,
            R"([{"kind":"provider","id":"a","before":{"name":"a","preset":"openai"},)"
            R"("after":{"name":"a","preset":"openai","base_url":"https://a.example"}}])");
  EXPECT_EQ((*(*store->Read())->Audit(3, 1))[0].id, 2);
}

// Whatever is done to an entry behind the store's back.
TEST_F(AuditLogTest, ShowsTheEntryThatWasTouched) {
  const std::pair<const char*, int64_t> rows[] = {
      {"UPDATE audit SET revision = 9 WHERE id = 2", 2},
      {"UPDATE audit SET revision = NULL WHERE id = 2", 2},
      {"UPDATE audit SET at = at + 1 WHERE id = 2", 2},
      {"UPDATE audit SET actor = 'mallory' WHERE id = 1", 1},
      {"UPDATE audit SET token = 'x' WHERE id = 3", 3},
      {"UPDATE audit SET peer = 'x' WHERE id = 2", 2},
      {"UPDATE audit SET rpc = 'x' WHERE id = 2", 2},
      {"UPDATE audit SET summary = 'x' WHERE id = 2", 2},
      {"UPDATE audit SET detail = '' WHERE id = 2", 2},
      {"UPDATE audit SET hash = x'00' WHERE id = 2", 2},
      // What moves between two fields is not the same entry.
      {"UPDATE audit SET actor = actor || token, token = '' WHERE id = 2", 2},
      {"DELETE FROM audit WHERE id = 2", 3},
      {"DELETE FROM audit WHERE id = 1", 2},
      {"UPDATE audit SET id = 7 WHERE id = 3", 7},
  };
  for (const auto& [sql, broken_at] : rows) {
    test::TempFolder folder;
    const std::string copy = folder.File("s.db");
    Execute(path_, "VACUUM INTO '" + copy + "'");
    Execute(copy, sql);
    auto store = ExistingStore(copy);
    EXPECT_EQ(Verdict(*store).broken_at, broken_at) << sql;
  }
}

TEST_F(AuditLogTest, ASecretIsToldAndNotShown) {
  auto store = ExistingStore(path_);
  config::v1::ProviderKey key;
  key.set_id("pk_1");
  key.set_provider("a");
  key.set_name("main");
  ASSERT_TRUE(Commit(*store, RowOf(key, "sealed-canary")).ok());
  ASSERT_TRUE(Commit(*store, RowOf(key, "other-canary")).ok());
  auto entries = (*store->Read())->Audit(0, 2);
  EXPECT_THAT((*entries)[1].detail, HasSubstr(R"("secret":"set")"));
  EXPECT_THAT((*entries)[0].detail, HasSubstr(R"("secret":"changed")"));
  EXPECT_THAT((*entries)[0].detail + (*entries)[1].detail, Not(HasSubstr("canary")));
}

TEST_F(AuditLogTest, OldEntriesAreChainedWhenTheSchemaIsMigrated) {
  Execute(path_,
          "DROP INDEX audit_revision; DROP INDEX resource_revision; "
          "DROP TABLE client_key_use; DROP INDEX change_item_resource; "
          "DROP TABLE rollout; DROP TABLE node; "
          "ALTER TABLE token DROP COLUMN expires_at; ALTER TABLE token DROP COLUMN single_use; "
          "ALTER TABLE token DROP COLUMN used_by; "
          "ALTER TABLE audit DROP COLUMN detail; ALTER TABLE audit DROP COLUMN hash; "
          "PRAGMA user_version = 1");
  auto store = ExistingStore(path_);
  ASSERT_TRUE(Commit(*store, ProviderRow("z")).ok());
  const AuditVerdict verdict = Verdict(*store);
  EXPECT_EQ(verdict.entries, 4);
  EXPECT_EQ(verdict.broken_at, 0);
}

}  // namespace
}  // namespace sluice::store
