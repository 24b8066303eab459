// A backup through the API, and what a restore makes of it.
#include "controlplane/restore.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <map>

#include "common/base/file.h"
#include "common/crypto/digest.h"
#include "tests/unit/controlplane/controlplane_app/running_app.h"

namespace sluice::controlplane {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);
constexpr char kAside[] = ".replaced-20231114T221320Z";

std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

class RestoreTest : public ::testing::Test {
 protected:
  // The whole stream, checked against what it announces.
  grpc::Status TakeBackup(std::string* bytes, const base::Secret& token) {
    auto stub = admin::v1::BackupService::NewStub(app_.Channel());
    auto context = RunningApp::With(token);
    const auto reader = stub->CreateBackup(context.get(), {});
    admin::v1::BackupChunk chunk, first, last;
    while (reader->Read(&chunk)) {
      EXPECT_LE(chunk.bytes().size(), size_t{1} << 20);
      if (bytes->empty()) first = chunk;
      last = chunk;
      *bytes += chunk.bytes();
    }
    const grpc::Status status = reader->Finish();
    if (status.ok()) {
      EXPECT_EQ(first.size(), static_cast<int64_t>(bytes->size()));
      EXPECT_EQ(last.sha256(), crypto::Sha256Bytes(*bytes));
      revision_ = first.revision();
    }
    return status;
  }
  // As a file.
  std::string Backup() {
    std::string bytes;
    const grpc::Status status = TakeBackup(&bytes, app_.Token("admin.token"));
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_TRUE(base::WriteFileAtomically(backup_, bytes).ok());
    return backup_;
  }
  absl::StatusOr<std::string> Restore(bool replace = false) {
    return RestoreDatabase(paths_, {.file = backup_, .replace = replace}, kNow);
  }
  std::map<std::string, std::string> Files() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder().path())) {
      if (entry.is_regular_file()) files[entry.path()] = *base::ReadFile(entry.path());
    }
    return files;
  }
  void ExpectRefused(const std::string& why, bool replace = true) {
    const auto before = Files();
    const absl::Status status = Restore(replace).status();
    EXPECT_FALSE(status.ok());
    EXPECT_THAT(MessageOf(status), HasSubstr(why));
    EXPECT_EQ(Files(), before) << "something was written";
  }
  const test::TempFolder& folder() const { return app_.folder(); }
  int64_t RevisionOf(const std::string& database) {
    auto store = store::Store::Open(database);
    EXPECT_TRUE(store.ok()) << store.status();
    if (!store.ok() || !(*store)->Migrate().ok()) return -1;
    return (*(*store)->Read())->rows().Revision().value_or(-1);
  }

  RunningApp app_;
  const StorePaths paths_ = OptionsIn(app_.folder()).paths;
  const std::string backup_ = app_.folder().File("saved.backup");
  int64_t revision_ = 0;
};

TEST_F(RestoreTest, TakesTheDatabaseBack) {
  ASSERT_TRUE(app_.CreateProvider("a").ok());
  ASSERT_TRUE(app_.CreateProvider("b").ok());
  Backup();
  EXPECT_EQ(revision_, 2);
  ASSERT_TRUE(app_.CreateProvider("c").ok());
  app_.Stop();
  ExpectRefused("exists already: say --replace", false);
  const auto restored = Restore(true);
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_THAT(*restored, AllOf(HasSubstr("revision 2"), HasSubstr("epoch "),
                               HasSubstr(paths_.database + kAside)));
  struct stat found {};
  ASSERT_EQ(stat(paths_.database.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
  EXPECT_EQ(RevisionOf(paths_.database), 2);
  EXPECT_EQ(RevisionOf(paths_.database + kAside), 3) << "the one before must be whole";
}

TEST_F(RestoreTest, StartsFromNothing) {
  ASSERT_TRUE(app_.CreateProvider("a").ok());
  Backup();
  app_.Stop();
  const StorePaths elsewhere = {folder().File("new/place/sluice.db"), paths_.master_key_file};
  const auto restored = RestoreDatabase(elsewhere, {.file = backup_}, kNow);
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ(RevisionOf(elsewhere.database), 1);
  AppOptions options = OptionsIn(folder());
  options.paths = elsewhere;
  EXPECT_TRUE(App::Start(options).ok());
}

TEST_F(RestoreTest, ARunningControlPlaneIsNotRobbedOfItsDatabase) {
  ASSERT_TRUE(app_.CreateProvider("a").ok());
  Backup();
  const absl::Status status = Restore(true).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(MessageOf(status), HasSubstr("in use by another control plane"));
  EXPECT_TRUE(app_.CreateProvider("b").ok());
}

TEST_F(RestoreTest, IsRefusedBeforeAnythingIsWritten) {
  ASSERT_TRUE(app_.CreateProvider("a").ok());
  admin::v1::CreateProviderKeyRequest key;
  key.set_provider("a");
  key.set_name("main");
  key.set_secret("sk-1");
  admin::v1::CreateProviderKeyResponse response;
  ASSERT_TRUE(admin::v1::ProviderKeyService::NewStub(app_.Channel())
                  ->CreateProviderKey(app_.AsOwner().get(), key, &response)
                  .ok());
  const std::string good = *base::ReadFile(Backup());
  app_.Stop();
  std::string damaged = good;
  std::fill(damaged.begin() + 4096, damaged.begin() + 8192, 'x');
  ASSERT_TRUE(base::WriteFileAtomically(backup_, damaged).ok());
  ExpectRefused("damaged");
  ASSERT_TRUE(base::WriteFileAtomically(backup_, "not a database").ok());
  ExpectRefused("not a backup");
  ASSERT_TRUE(base::WriteFileAtomically(backup_, good).ok());
  const std::string master_key = *base::ReadFile(paths_.master_key_file);
  ASSERT_TRUE(base::WriteFileAtomically(paths_.master_key_file, std::string(32, 'x')).ok());
  ExpectRefused("is not the one of the backup");
  std::filesystem::remove(paths_.master_key_file);
  ExpectRefused("there is no master key file");
  ASSERT_TRUE(base::WriteFileAtomically(paths_.master_key_file, master_key).ok());
  EXPECT_TRUE(Restore(true).ok());
}

// Else a restored database would be given the log of another.
TEST_F(RestoreTest, AStrayLogIsMovedAside) {
  ASSERT_TRUE(app_.CreateProvider("a").ok());
  Backup();
  app_.Stop();
  std::filesystem::remove(paths_.database);
  ASSERT_TRUE(base::WriteFileAtomically(paths_.database + "-wal", "stray").ok());
  ASSERT_TRUE(Restore().ok());
  EXPECT_EQ(base::ReadFile(paths_.database + kAside + "-wal").value_or(""), "stray");
  EXPECT_EQ(RevisionOf(paths_.database), 1);
}

TEST_F(RestoreTest, ABackupIsForOwners) {
  std::string bytes;
  EXPECT_EQ(TakeBackup(&bytes, app_.Token("join.token")).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(TakeBackup(&bytes, base::Secret()).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_TRUE(bytes.empty());
}

// Who leaves in the middle, or never reads, gives the turn back.
TEST_F(RestoreTest, ACallerWhoLeavesEndsTheBackup) {
  for (int i = 0; i < 20; ++i) {
    auto stub = admin::v1::BackupService::NewStub(app_.Channel());
    auto context = app_.AsOwner();
    const auto reader = stub->CreateBackup(context.get(), {});
    admin::v1::BackupChunk chunk;
    if (i % 2 == 0) reader->Read(&chunk);
    context->TryCancel();
    reader->Finish();
  }
  grpc::Status status;
  do {
    std::string bytes;
    status = TakeBackup(&bytes, app_.Token("admin.token"));
  } while (status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(RestoreTest, ASeedOpensWithTheKeyBesideTheDatabase) {
  ASSERT_TRUE(app_.CreateProvider("a").ok());
  admin::v1::CreateSeedResponse response;
  const grpc::Status status = admin::v1::NodeService::NewStub(app_.Channel())
                                  ->CreateSeed(app_.AsOwner().get(), {}, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  const auto key = wire::ReadSeedKey(paths_.SeedKeyFile());
  ASSERT_TRUE(key.ok()) << key.status();
  const auto seed = wire::OpenSeed(*key, response.seed());
  ASSERT_TRUE(seed.ok()) << seed.status();
  EXPECT_EQ(seed->revision, response.revision());
  EXPECT_FALSE(seed->epoch.empty());
  EXPECT_FALSE(seed->lineage.empty());
  config::v1::Configuration configuration;
  ASSERT_TRUE(configuration.ParseFromString(std::string(seed->bytes.Reveal())));
  EXPECT_EQ(configuration.providers(0).name(), "a");
}

}  // namespace
}  // namespace sluice::controlplane
