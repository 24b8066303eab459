// What a start makes of master keys that are missing, and of rows that were moved or put back.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <map>
#include <string>

#include "common/base/file.h"
#include "common/crypto/aead.h"
#include "controlplane/master_key_source.h"
#include "controlplane/restore.h"
#include "tests/unit/controlplane/controlplane_app/running_app.h"

namespace sluice::controlplane {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kSecret[] = "sk-canary-0123456789";

std::string KeyLine(char fill) { return absl::Base64Escape(std::string(32, fill)) + "\n"; }
std::string IdOf(char fill) {
  return sealing::MasterKeyIdText(
      sealing::MasterKeys(base::Secret(std::string(32, fill))).newest().id);
}
std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

class SealedStartTest : public ::testing::Test {
 protected:
  SealedStartTest() : options_(OptionsIn(folder_)) {
    EXPECT_TRUE(base::MakeFolder(folder_.File("state")).ok());
    UseKeys("a");
  }

  void UseKeys(const std::string& fills) {
    std::string text;
    for (const char fill : fills) text += KeyLine(fill);
    ASSERT_TRUE(base::WriteFileAtomically(options_.paths.master_key_file, text).ok());
  }
  // Until the next Start or Stop.
  void Start() {
    auto app = App::Start(options_);
    ASSERT_TRUE(app.ok()) << app.status();
    app_ = *std::move(app);
  }
  void Stop() { app_.reset(); }
  std::shared_ptr<grpc::Channel> Channel() {
    return *wire::OpenChannel(
        {.target = base::Cat("127.0.0.1:", app_->grpc_port()), .own_connection = true});
  }
  std::unique_ptr<grpc::ClientContext> AsOwner() {
    return RunningApp::With(
        base::Secret(base::Stripped(*base::ReadFile(options_.paths.AdminTokenFile()))));
  }
  void AddProvider() {
    admin::v1::CreateProviderRequest request;
    request.mutable_provider()->set_name("a");
    request.mutable_provider()->set_preset("openai");
    admin::v1::CreateProviderResponse response;
    ASSERT_TRUE(admin::v1::ProviderService::NewStub(Channel())
                    ->CreateProvider(AsOwner().get(), request, &response)
                    .ok());
  }
  void AddKey(const std::string& name, const std::string& secret) {
    admin::v1::CreateProviderKeyRequest request;
    request.set_provider("a");
    request.set_name(name);
    request.set_secret(secret);
    admin::v1::CreateProviderKeyResponse response;
    ASSERT_TRUE(admin::v1::ProviderKeyService::NewStub(Channel())
                    ->CreateProviderKey(AsOwner().get(), request, &response)
                    .ok());
  }
  void ReplaceKey(const std::string& name, const std::string& secret) {
    admin::v1::UpdateProviderKeyRequest request;
    request.mutable_ref()->set_provider("a");
    request.mutable_ref()->set_name(name);
    request.set_secret(secret);
    admin::v1::UpdateProviderKeyResponse response;
    ASSERT_TRUE(admin::v1::ProviderKeyService::NewStub(Channel())
                    ->UpdateProviderKey(AsOwner().get(), request, &response)
                    .ok());
  }
  void Rotate() {
    auto context = AsOwner();
    auto stub = admin::v1::SecretService::NewStub(Channel());
    const auto reader = stub->RotateMasterKey(context.get(), {});
    admin::v1::RotateMasterKeyProgress progress;
    while (reader->Read(&progress)) continue;
    const grpc::Status status = reader->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_TRUE(progress.done());
  }
  // With provider a and its keys main and other, and stopped.
  void Prepare() {
    Start();
    AddProvider();
    AddKey("main", kSecret);
    AddKey("other", "sk-other");
    Stop();
  }
  void Execute(const std::string& sql) {
    SQLite::Database database(options_.paths.database, SQLite::OPEN_READWRITE);
    ASSERT_GT(database.exec(sql), 0) << sql;
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  std::map<std::string, std::string> Files() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
      // What readers of a log make beside it holds nothing.
      const std::string path = entry.path();
      if (path.ends_with("-shm") || path.ends_with("-wal")) continue;
      if (entry.is_regular_file()) files[path] = *base::ReadFile(path);
    }
    return files;
  }
  void ExpectRefused(const ::testing::Matcher<std::string>& why) {
    const auto before = Files();
    const absl::Status status = App::Start(options_).status();
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(MessageOf(status), why);
    EXPECT_EQ(MessageOf(status).find("canary"), std::string::npos);
    EXPECT_EQ(Files(), before) << "something was written";
  }
  int64_t Secrets(const std::string& id) {
    admin::v1::GetSecretsStatusResponse response;
    EXPECT_TRUE(admin::v1::SecretService::NewStub(Channel())
                    ->GetSecretsStatus(AsOwner().get(), {}, &response)
                    .ok());
    for (const auto& key : response.master_keys()) {
      if (key.id() == id) return key.secrets();
    }
    return -1;
  }

  test::TempFolder folder_;
  AppOptions options_;
  std::unique_ptr<App> app_;
};

TEST_F(SealedStartTest, AnotherKeyIsRefusedAndTheRightOneIsNamed) {
  Prepare();
  UseKeys("b");
  ExpectRefused(AllOf(HasSubstr("is not the one of the database"), HasSubstr(IdOf('a'))));
  UseKeys("a");
  Start();
}

TEST_F(SealedStartTest, AnOldKeyGoesOnlyAfterTheRotation) {
  Prepare();
  UseKeys("ab");
  Start();
  EXPECT_EQ(Secrets(IdOf('a')), 2);
  ReplaceKey("other", "sk-new");  // under the newest
  EXPECT_EQ(Secrets(IdOf('b')), 1);
  Stop();
  UseKeys("b");
  ExpectRefused(HasSubstr(IdOf('a')));
  UseKeys("a");
  ExpectRefused(AllOf(HasSubstr(IdOf('b')), HasSubstr("1 secret of the database"),
                      HasSubstr("rotate-master")));
  UseKeys("ab");
  Start();
  Rotate();
  EXPECT_EQ(Secrets(IdOf('a')), 0);
  EXPECT_EQ(Secrets(IdOf('b')), 3);
  Stop();
  UseKeys("a");
  ExpectRefused(HasSubstr(IdOf('b')));
  UseKeys("b");
  Start();
  EXPECT_EQ(Secrets(IdOf('b')), 3);
}

TEST_F(SealedStartTest, ABackupIsRestoredWithTheKeysOfItsTimeOnly) {
  Prepare();
  const std::string backup = folder_.File("saved.backup");
  std::filesystem::copy_file(options_.paths.database, backup);
  UseKeys("ab");
  Start();
  Rotate();
  Stop();
  UseKeys("b");
  const absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  const absl::Status refused =
      RestoreDatabase(options_.paths, {.file = backup, .replace = true}, now).status();
  EXPECT_THAT(MessageOf(refused),
              AllOf(HasSubstr("is not the one of the backup"), HasSubstr(IdOf('a'))));
  UseKeys("ab");
  const auto restored = RestoreDatabase(options_.paths, {.file = backup, .replace = true}, now);
  ASSERT_TRUE(restored.ok()) << restored.status();
  Start();
  EXPECT_EQ(Secrets(IdOf('a')), 2);
}

TEST_F(SealedStartTest, WhatAnOlderReleaseSealedOpensAndIsSealedAnew) {
  Prepare();
  {
    // A database of before: no envelope, no generation, no id of the master key.
    SQLite::Database database(options_.paths.database, SQLite::OPEN_READWRITE);
    SQLite::Statement keys(database, "SELECT id, body FROM resource WHERE kind = 3");
    std::map<std::string, std::string> bodies;
    while (keys.executeStep()) {
      bodies[keys.getColumn(0).getString()] = keys.getColumn(1).getString();
    }
    for (const auto& [id, body] : bodies) {
      config::v1::ProviderKey key;
      ASSERT_TRUE(key.ParseFromString(body));
      key.clear_generation();
      const std::string old_body = key.SerializeAsString();
      const std::string sealed = crypto::Seal(base::Secret(std::string(32, 'a')),
                                              base::Cat("sk-", key.name()), "provider_key/" + id);
      for (const char* sql : {"UPDATE resource SET body = ?, material = ? WHERE id = ?",
                              "UPDATE change_item SET after_body = ?, after_material = ? "
                              "WHERE id = ?"}) {
        SQLite::Statement update(database, sql);
        update.bind(1, old_body.data(), static_cast<int>(old_body.size()));
        update.bind(2, sealed.data(), static_cast<int>(sealed.size()));
        update.bind(3, id);
        ASSERT_EQ(update.exec(), 1);
      }
    }
    database.exec("DELETE FROM meta WHERE key = 'master_key_id'");
  }
  Start();
  EXPECT_EQ(Secrets(IdOf('a')), 2);
  Stop();
  UseKeys("b");
  ExpectRefused(HasSubstr(IdOf('a')));
  UseKeys("ab");
  Start();
  Rotate();
  EXPECT_EQ(Secrets(IdOf('b')), 2);
  Stop();
  UseKeys("b");
  Start();
}

TEST_F(SealedStartTest, ASwappedSecretIsRefused) {
  Prepare();
  // The history is made to fit, so that only the seal can tell.
  Execute(
      "CREATE TEMP TABLE two AS SELECT id, material FROM resource WHERE kind = 3;"
      "UPDATE resource SET material = (SELECT material FROM two WHERE two.id <> resource.id) "
      "WHERE kind = 3;"
      "UPDATE change_item SET after_material = (SELECT material FROM two WHERE two.id <> "
      "change_item.id) WHERE kind = 3;");
  ExpectRefused(AllOf(HasSubstr("the sealed secret of provider key"), HasSubstr("moved")));
}

TEST_F(SealedStartTest, AnOlderSecretPutBackIsRefused) {
  Prepare();
  Start();
  ReplaceKey("main", "sk-second");
  Stop();
  Execute(
      "UPDATE resource SET material = (SELECT before_material FROM change_item WHERE revision "
      "= 4) WHERE name = 'a/main';"
      "UPDATE change_item SET after_material = before_material WHERE revision = 4;");
  ExpectRefused(AllOf(HasSubstr("the sealed secret of provider key"),
                      HasSubstr("put back from an earlier time")));
}

TEST_F(SealedStartTest, AWholeOlderRowPutBackIsRefused) {
  Prepare();
  Start();
  ReplaceKey("main", "sk-second");
  Stop();
  Execute(
      "UPDATE resource SET revision = 2, (body, material) = (SELECT before_body, "
      "before_material FROM change_item WHERE revision = 4) WHERE name = 'a/main'");
  ExpectRefused(AllOf(HasSubstr("provider key"), HasSubstr("put back from an earlier time")));
}

TEST_F(SealedStartTest, ARowPutBackUnderARunningControlPlaneIsNotPublished) {
  Prepare();
  Start();
  ReplaceKey("main", "sk-second");
  {
    SQLite::Database database(options_.paths.database, SQLite::OPEN_READWRITE, 5000);
    ASSERT_EQ(database.exec("UPDATE resource SET revision = 2, (body, material) = (SELECT "
                            "before_body, before_material FROM change_item WHERE revision = 4) "
                            "WHERE name = 'a/main'"),
              1);
  }
  admin::v1::ListProviderKeysResponse response;
  const grpc::Status status = admin::v1::ProviderKeyService::NewStub(Channel())->ListProviderKeys(
      AsOwner().get(), {}, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DATA_LOSS);
  EXPECT_THAT(status.error_message(), HasSubstr("put back from an earlier time"));
}

TEST(MasterKeySourceTest, TheVariableIsTakenOutOfTheEnvironment) {
  const test::TempFolder folder;
  StorePaths paths = {folder.File("state/sluice.db"), folder.File("default.key")};
  setenv("SLUICE_MASTER_KEY", absl::Base64Escape(std::string(32, 'a')).c_str(), 1);
  ASSERT_TRUE(FindMasterKeys(false, &paths).ok());
  EXPECT_EQ(getenv("SLUICE_MASTER_KEY"), nullptr);
  const base::SystemClock clock;
  ASSERT_TRUE(OpenOrCreateStore(paths, clock).ok());
  EXPECT_FALSE(std::filesystem::exists(paths.master_key_file)) << "nothing is made beside it";
  paths.master_key_text = std::make_shared<const base::Secret>(KeyLine('b'));
  EXPECT_THAT(MessageOf(OpenOrCreateStore(paths, clock).status()),
              AllOf(HasSubstr("SLUICE_MASTER_KEY"), HasSubstr("is not the one of the database")));
  paths.master_key_text = std::make_shared<const base::Secret>(std::string("nonsense"));
  EXPECT_THAT(MessageOf(OpenOrCreateStore(paths, clock).status()),
              HasSubstr("the variable SLUICE_MASTER_KEY must hold 32 bytes"));
}

TEST(MasterKeySourceTest, TwoSourcesAtOnceAreRefused) {
  StorePaths paths = {"db", "given.key"};
  setenv("SLUICE_MASTER_KEY", "x", 1);
  const absl::Status status = FindMasterKeys(true, &paths);
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(MessageOf(status), HasSubstr("given twice"));
  EXPECT_EQ(getenv("SLUICE_MASTER_KEY"), nullptr);
}

TEST(MasterKeySourceTest, ACredentialIsUsedWhereThereIsOneAndNoFileIsNamed) {
  const test::TempFolder folder;
  setenv("CREDENTIALS_DIRECTORY", folder.path().c_str(), 1);
  StorePaths paths = {"db", "default.key"};
  ASSERT_TRUE(FindMasterKeys(false, &paths).ok());
  EXPECT_EQ(paths.master_key_file, "default.key") << "there is none";
  ASSERT_TRUE(folder.Write("master.key", KeyLine('a')));
  ASSERT_TRUE(FindMasterKeys(true, &paths).ok());
  EXPECT_EQ(paths.master_key_file, "default.key") << "one was named";
  ASSERT_TRUE(FindMasterKeys(false, &paths).ok());
  EXPECT_EQ(paths.master_key_file, folder.File("master.key"));
  EXPECT_TRUE(ReadMasterKeys(paths).ok());
  unsetenv("CREDENTIALS_DIRECTORY");
}

}  // namespace
}  // namespace sluice::controlplane
