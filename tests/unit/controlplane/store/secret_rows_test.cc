// How secrets rest, and whether rows are what the history says.
#include "controlplane/store/secret_rows.h"

#include <SQLiteCpp/Database.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/base/file.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/controlplane/store/new_store.h"

namespace sluice::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

ResourceKey Owner(const std::string& id) { return {ResourceKind::kProviderKey, id}; }

class SecretRowsTest : public ::testing::Test {
 protected:
  SecretRowsTest() : store_(NewStore(path_)) {}

  static ResourceRow Key(const std::string& id, const std::string& material, bool enabled = true) {
    config::v1::ProviderKey key;
    key.set_id(id);
    key.set_provider("a");
    key.set_name(id);
    key.set_enabled(enabled);
    return RowOf(key, material);
  }
  void Put(const ResourceRow& row) {
    const auto committed = Commit(*store_, row);
    ASSERT_TRUE(committed.ok()) << committed.status();
  }
  void Delete(const std::string& id) {
    auto change = store_->Begin(TestInfo());
    ASSERT_TRUE((*change)->Erase(ResourceKind::kProviderKey, id).ok());
    ASSERT_TRUE((*change)->Commit("deleted").ok());
  }
  std::vector<std::string> MaterialsOf(const std::string& id) {
    std::vector<std::string> materials;
    const absl::Status status = store_->InspectSecrets([&](const SecretRows& rows) {
      auto secrets = rows.Of(Owner(id));
      if (!secrets.ok()) return secrets.status();
      for (const StoredSecret& secret : *secrets) materials.push_back(secret.material);
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return materials;
  }
  absl::Status History() {
    return store_->InspectSecrets([](const SecretRows& rows) { return rows.CheckHistory(); });
  }
  absl::Status Reseal(absl::FunctionRef<absl::StatusOr<std::string>(SecretRows&)> body) {
    return store_->Reseal({}, body);
  }
  // As somebody with the file could.
  void Tamper(const std::string& sql) {
    SQLite::Database database(path_, SQLite::OPEN_READWRITE);
    ASSERT_GT(database.exec(sql), 0) << sql;
  }
  absl::Status ReadKey(const std::string& id) {
    return (*store_->Read())->rows().FindById(ResourceKind::kProviderKey, id).status();
  }

  test::TempFolder folder_;
  const std::string path_ = folder_.File("s.db");
  std::unique_ptr<Store> store_;
};

TEST_F(SecretRowsTest, FindsEachSecretOfNowAndEarlierOnce) {
  Put(Key("pk_1", "one"));
  Put(Key("pk_1", "one", false));
  Put(Key("pk_1", "two"));
  Put(Key("pk_2", "three"));
  Delete("pk_2");
  EXPECT_THAT(MaterialsOf("pk_1"), UnorderedElementsAre("one", "two"));
  EXPECT_THAT(MaterialsOf("pk_2"), ElementsAre("three"));
  const absl::Status status = store_->InspectSecrets([](const SecretRows& rows) {
    EXPECT_THAT(*rows.Owners({}, 10), ElementsAre(Owner("pk_1"), Owner("pk_2")));
    EXPECT_THAT(*rows.Owners({}, 1), ElementsAre(Owner("pk_1")));
    EXPECT_THAT(*rows.Owners(Owner("pk_1"), 10), ElementsAre(Owner("pk_2")));
    EXPECT_EQ(rows.All()->size(), 3u);
    EXPECT_EQ(rows.InUse()->size(), 1u);
    EXPECT_THAT(*rows.Count("t", 2),
                UnorderedElementsAre(Pair("", 1), Pair("tw", 1), Pair("th", 1)));
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(SecretRowsTest, WhatIsReplacedIsReplacedEverywhereAndMakesNoRevision) {
  Put(Key("pk_1", "one"));
  Put(Key("pk_2", "one"));
  Put(Key("pk_1", "one", false));
  Put(Key("pk_1", "two"));
  const auto status = Reseal([](SecretRows& rows) -> absl::StatusOr<std::string> {
    EXPECT_TRUE(rows.Replace(Owner("pk_1"), "one", "ONE").ok());
    EXPECT_TRUE(rows.Replace(Owner("pk_1"), "two", "TWO").ok());
    EXPECT_TRUE(rows.PutMeta("m", "v").ok());
    return "sealed anew";
  });
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(MaterialsOf("pk_1"), UnorderedElementsAre("ONE", "TWO"));
  EXPECT_THAT(MaterialsOf("pk_2"), ElementsAre("one"));
  EXPECT_EQ(*store_->Meta("m"), "v");
  EXPECT_TRUE(History().ok());
  auto reading = store_->Read();
  EXPECT_EQ(*(*reading)->rows().Revision(), 4);
  EXPECT_EQ((*(*reading)->rows().FindById(ResourceKind::kProviderKey, "pk_1"))->material, "TWO");
  EXPECT_TRUE((*reading)->rows().Between(1, 3).ok());
  EXPECT_EQ((*reading)->Audit(0, 1)->front().summary, "sealed anew");
  EXPECT_EQ((*reading)->CheckAudit()->broken_at, 0);
}

TEST_F(SecretRowsTest, TokenIssuersHaveTheirsBesideProviderKeysOfTheSameName) {
  const auto issuer = [](const std::string& material) {
    config::v1::JwtIssuer issuer;
    issuer.set_name("pk_1");
    return RowOf(issuer, material);
  };
  Put(Key("pk_1", "one"));
  Put(issuer(""));
  EXPECT_TRUE(store_
                  ->InspectSecrets([](const SecretRows& rows) {
                    EXPECT_EQ(rows.All()->size(), 1u) << "one without a secret has none";
                    EXPECT_EQ(rows.InUse()->size(), 1u);
                    return absl::OkStatus();
                  })
                  .ok());
  Put(issuer("one"));
  const ResourceKey owner{ResourceKind::kJwtIssuer, "pk_1"};
  ASSERT_TRUE(Reseal([&](SecretRows& rows) -> absl::StatusOr<std::string> {
                EXPECT_THAT(*rows.Owners({}, 9), ElementsAre(Owner("pk_1"), owner));
                EXPECT_THAT(*rows.Owners(Owner("pk_1"), 9), ElementsAre(owner));
                EXPECT_THAT(*rows.Count("o", 1), UnorderedElementsAre(Pair("o", 2)));
                EXPECT_TRUE(rows.Replace(owner, "one", "ONE").ok());
                EXPECT_EQ(rows.Of(owner)->front().material, "ONE");
                return "";
              }).ok());
  EXPECT_THAT(MaterialsOf("pk_1"), ElementsAre("one"));
  Tamper("UPDATE resource SET material = CAST('one' AS BLOB) WHERE kind = 5");
  EXPECT_TRUE(absl::IsDataLoss(History()));
  EXPECT_TRUE(absl::IsDataLoss((*store_->Read())->rows().List(ResourceKind::kJwtIssuer).status()));
}

TEST_F(SecretRowsTest, AnErrorLeavesAllAsItWas) {
  Put(Key("pk_1", "one"));
  const auto status = Reseal([](SecretRows& rows) -> absl::StatusOr<std::string> {
    EXPECT_TRUE(rows.Replace(Owner("pk_1"), "one", "ONE").ok());
    return absl::DataLossError("no");
  });
  EXPECT_TRUE(absl::IsDataLoss(status));
  EXPECT_THAT(MaterialsOf("pk_1"), ElementsAre("one"));
}

// Nothing of the old material is left to be found in the files.
TEST_F(SecretRowsTest, WhatWasReplacedIsGoneFromTheFiles) {
  const std::string old(64, 'Q');
  Put(Key("pk_1", old));
  ASSERT_TRUE(Reseal([&](SecretRows& rows) -> absl::StatusOr<std::string> {
                EXPECT_TRUE(rows.Replace(Owner("pk_1"), old, std::string(64, 'R')).ok());
                return "";
              }).ok());
  store_->EmptyLog();
  for (const char* file : {"s.db", "s.db-wal"}) {
    EXPECT_EQ(base::ReadFile(folder_.File(file)).value_or("").find(old), std::string::npos) << file;
  }
}

TEST_F(SecretRowsTest, ARowThatWasPutBackFromAnEarlierTimeIsRefused) {
  Put(Key("pk_1", "one"));
  Put(Key("pk_1", "two"));
  EXPECT_TRUE(History().ok());
  EXPECT_TRUE(ReadKey("pk_1").ok());
  Tamper(
      "UPDATE resource SET revision = 1, (body, material) = (SELECT after_body, after_material "
      "FROM change_item WHERE revision = 1) WHERE id = 'pk_1'");
  for (const absl::Status& status : {History(), ReadKey("pk_1")}) {
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("provider key \"pk_1\""));
  }
  EXPECT_FALSE((*store_->Read())->rows().List(ResourceKind::kProviderKey).ok());
}

TEST_F(SecretRowsTest, OnlyTheMaterialOrARowOfNoHistoryIsRefusedToo) {
  Put(Key("pk_1", "one"));
  Put(Key("pk_2", "two"));
  Tamper(
      "UPDATE resource SET material = (SELECT material FROM resource WHERE id = 'pk_2') "
      "WHERE id = 'pk_1'");
  EXPECT_TRUE(absl::IsDataLoss(History()));
  EXPECT_TRUE(absl::IsDataLoss(ReadKey("pk_1")));
  EXPECT_TRUE(ReadKey("pk_2").ok());
  Tamper("UPDATE resource SET material = CAST('one' AS BLOB) WHERE id = 'pk_1'");
  EXPECT_TRUE(History().ok());
  Delete("pk_2");
  Tamper(
      "INSERT INTO resource SELECT kind, id, 'x', before_body, before_material, 2 FROM "
      "change_item WHERE id = 'pk_2' AND after_body IS NULL");
  EXPECT_TRUE(absl::IsDataLoss(History()));
  EXPECT_TRUE(absl::IsDataLoss(ReadKey("pk_2")));
}

TEST_F(SecretRowsTest, OtherResourcesAreComparedAtTheStart) {
  Put(ProviderRow("a"));
  Put(ProviderRow("a", "https://new.example"));
  EXPECT_TRUE(History().ok());
  Tamper(
      "UPDATE resource SET revision = 1, body = (SELECT after_body FROM change_item WHERE "
      "revision = 1)");
  EXPECT_THAT(std::string(History().message()), HasSubstr("provider \"a\""));
}

// What a change has put is not in the history before it commits.
TEST_F(SecretRowsTest, AChangeReadsWhatItHasPut) {
  Put(Key("pk_1", "one"));
  auto change = store_->Begin(TestInfo());
  ASSERT_TRUE((*change)->Put(Key("pk_1", "two")).ok());
  auto row = (*change)->rows().FindById(ResourceKind::kProviderKey, "pk_1");
  ASSERT_TRUE(row.ok()) << row.status();
  EXPECT_EQ((*row)->material, "two");
  ASSERT_TRUE((*change)->Put(Key("pk_1", "three")).ok());
  ASSERT_TRUE((*change)->Commit("twice").ok());
  change->reset();
  EXPECT_TRUE(ReadKey("pk_1").ok());
  EXPECT_TRUE(History().ok());
}

}  // namespace
}  // namespace sluice::store
