#include "controlplane/first_start.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <map>
#include <string>

#include "common/base/file.h"
#include "common/crypto/key_text.h"
#include "controlplane/access/access_gate.h"
#include "tests/unit/controlplane/controlplane_app/running_app.h"

namespace sluice::controlplane {
namespace {

using ::testing::HasSubstr;

constexpr char kRead[] = "/sluice.admin.v1.ProviderService/ListProviders";

std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

class FirstStartTest : public ::testing::Test {
 protected:
  FirstStartTest() : paths_{folder_.File("state/sluice.db"), folder_.File("keys/master.key")} {}

  absl::StatusOr<OpenedStore> Open() { return OpenOrCreateStore(paths_, clock_); }
  std::map<std::string, std::string> Files() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
      if (entry.is_regular_file()) files[entry.path()] = *base::ReadFile(entry.path());
    }
    return files;
  }
  bool AdminTokenWorks(store::Store& store) {
    const std::string text = *base::ReadFile(paths_.AdminTokenFile());
    const auto gate = access::AccessGate::Load(store, "", clock_);
    return (*gate)->Admit(kRead, {.token = std::string_view(text).substr(0, text.size() - 1)}).ok();
  }

  test::TempFolder folder_;
  base::SystemClock clock_;
  StorePaths paths_;
};

TEST_F(FirstStartTest, MakesEverythingOnceForTheOwnerOnly) {
  ASSERT_TRUE(Open().ok());
  const auto files = Files();
  for (const std::string& path : {paths_.database, paths_.master_key_file, paths_.AdminTokenFile(),
                                  paths_.JoinTokenFile(), paths_.SeedKeyFile()}) {
    struct stat found {};
    ASSERT_EQ(stat(path.c_str(), &found), 0) << path;
    EXPECT_EQ(found.st_mode & 0777, 0600u) << path;
  }
  EXPECT_EQ(files.at(paths_.AdminTokenFile()).size(), crypto::kKeyTextBytes + 1);
  EXPECT_EQ(files.at(paths_.AdminTokenFile()).back(), '\n');
  auto again = Open();
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(AdminTokenWorks(*again->store));
  again->store.reset();
  EXPECT_EQ(Files().at(paths_.AdminTokenFile()), files.at(paths_.AdminTokenFile()));
  EXPECT_EQ(Files().at(paths_.master_key_file), files.at(paths_.master_key_file));
}

TEST_F(FirstStartTest, ASeedKeyIsMadeWhereItIsMissingAndABadOneIsRefused) {
  ASSERT_TRUE(Open().ok());
  const std::string made = Files().at(paths_.SeedKeyFile());
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(Files().at(paths_.SeedKeyFile()), made);
  ASSERT_TRUE(std::filesystem::remove(paths_.SeedKeyFile()));
  ASSERT_TRUE(Open().ok());
  EXPECT_NE(Files().at(paths_.SeedKeyFile()), made);
  ASSERT_TRUE(base::WriteFileAtomically(paths_.SeedKeyFile(), "short").ok());
  const absl::Status status = Open().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(MessageOf(status), HasSubstr(paths_.SeedKeyFile()));
}

TEST_F(FirstStartTest, AMissingMasterKeyIsRefusedAndNothingIsWritten) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(std::filesystem::remove(paths_.master_key_file));
  const auto before = Files();
  const absl::Status status = Open().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(MessageOf(status), HasSubstr(paths_.master_key_file));
  EXPECT_THAT(MessageOf(status), HasSubstr("--master-key-file"));
  EXPECT_EQ(Files(), before);
}

TEST_F(FirstStartTest, AnotherMasterKeyIsRefusedAndNothingIsWritten) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(base::WriteFileAtomically(paths_.master_key_file, std::string(32, 'x')).ok());
  const auto before = Files();
  const absl::Status status = Open().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(MessageOf(status), HasSubstr("is not the one of the database"));
  EXPECT_EQ(Files(), before);
}

TEST_F(FirstStartTest, AFileThatIsNoKeyLeavesNoDatabaseBehind) {
  ASSERT_TRUE(base::MakeFolder(folder_.File("keys")).ok());
  ASSERT_TRUE(base::WriteFileAtomically(paths_.master_key_file, "nonsense").ok());
  EXPECT_TRUE(absl::IsInvalidArgument(Open().status()));
  EXPECT_FALSE(std::filesystem::exists(paths_.database));
}

TEST_F(FirstStartTest, AnExistingKeyServesANewDatabase) {
  ASSERT_TRUE(base::MakeFolder(folder_.File("keys")).ok());
  ASSERT_TRUE(base::WriteFileAtomically(paths_.master_key_file, std::string(32, 'x')).ok());
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(*base::ReadFile(paths_.master_key_file), std::string(32, 'x'));
}

TEST_F(FirstStartTest, AStartCutShortIsFinishedByTheNext) {
  // After the empty file was made.
  ASSERT_TRUE(base::MakeFolder(folder_.File("state")).ok());
  ASSERT_TRUE(base::WriteFileAtomically(paths_.database, "").ok());
  // The token files cannot be written: a folder stands in the way of the second.
  ASSERT_TRUE(base::MakeFolder(paths_.JoinTokenFile()).ok());
  EXPECT_FALSE(Open().ok());
  EXPECT_GT(std::filesystem::file_size(paths_.database), 0u) << "cut between tables and tokens";
  std::filesystem::remove(paths_.JoinTokenFile());
  auto opened = Open();
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_TRUE(AdminTokenWorks(*opened->store));
  EXPECT_EQ(opened->store->Tokens()->size(), 2u);
}

TEST(AppTest, ASecondControlPlaneOnTheDatabaseIsRefused) {
  RunningApp app;
  const absl::Status status = App::Start(OptionsIn(app.folder())).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(MessageOf(status), HasSubstr("another control plane"));
}

TEST(AppTest, APortInUseIsASentence) {
  RunningApp app;
  const test::TempFolder folder;
  AppOptions options = OptionsIn(folder);
  options.listen = base::Cat("127.0.0.1:", app.app().grpc_port());
  const absl::Status status = App::Start(options).status();
  EXPECT_THAT(MessageOf(status), HasSubstr("(--listen): Address already in use"));
}

TEST(AppTest, PlaintextBeyondLoopbackHasToBeAllowed) {
  const test::TempFolder folder;
  AppOptions options = OptionsIn(folder);
  options.ops_listen = "0.0.0.0:0";
  EXPECT_THAT(MessageOf(App::Start(options).status()), HasSubstr("--ops-listen 0.0.0.0:0"));
  EXPECT_FALSE(std::filesystem::exists(options.paths.database)) << "nothing half-written";
  options.insecure = true;
  EXPECT_TRUE(App::Start(options).ok());
  options.listen = "nonsense";
  EXPECT_THAT(MessageOf(App::Start(options).status()), HasSubstr("--listen"));
}

// With TLS a call without a token comes as far as the gate; else it does not come to a call.
grpc::StatusCode CodeOverTls(const AppOptions& options, const App& app) {
  wire::ChannelOptions channel{.target = base::Cat("127.0.0.1:", app.grpc_port()),
                               .own_connection = true};
  channel.authorities = base::ReadFile(FolderOf(options.paths.database) + "/ca.crt").value_or("");
  admin::v1::GetStatusResponse response;
  return admin::v1::StatusService::NewStub(*wire::OpenChannel(channel))
      ->GetStatus(RunningApp::With(base::Secret()).get(), {}, &response)
      .error_code();
}

TEST(AppTest, BeyondLoopbackTheApiHasTlsUnlessInsecure) {
  const test::TempFolder folder;
  AppOptions options = OptionsIn(folder);
  options.listen = "0.0.0.0:0";
  {
    const auto app = App::Start(options);
    ASSERT_TRUE(app.ok()) << app.status();
    EXPECT_EQ(CodeOverTls(options, **app), grpc::StatusCode::UNAUTHENTICATED);
  }
  options.insecure = true;
  {
    const auto app = App::Start(options);
    ASSERT_TRUE(app.ok()) << app.status();
    EXPECT_EQ(CodeOverTls(options, **app), grpc::StatusCode::UNAVAILABLE);
  }
  options.tls.on = true;
  const auto app = App::Start(options);
  ASSERT_TRUE(app.ok()) << app.status();
  EXPECT_EQ(CodeOverTls(options, **app), grpc::StatusCode::UNAUTHENTICATED);
}

TEST(AppTest, ACertificatesLifetimeIsATimeWithinBounds) {
  const test::TempFolder folder;
  AppOptions options = OptionsIn(folder);
  for (const char* wrong : {"", "59s", "soon", "-1h", "9000h", "30"}) {
    options.node_certificate_lifetime = wrong;
    EXPECT_THAT(MessageOf(App::Start(options).status()),
                HasSubstr("--node-certificate-lifetime \""))
        << wrong;
  }
  EXPECT_FALSE(std::filesystem::exists(options.paths.database));
}

TEST(AppTest, ThePortFileHoldsBothPorts) {
  const test::TempFolder folder;
  AppOptions options = OptionsIn(folder);
  options.port_file = folder.File("ports");
  auto app = App::Start(options);
  ASSERT_TRUE(app.ok()) << app.status();
  EXPECT_EQ(*base::ReadFile(options.port_file),
            base::Cat("{\"grpc\":", (*app)->grpc_port(), ",\"ops\":", (*app)->ops_port(), "}\n"));
}

TEST(AppTest, ARestartKeepsEpochRevisionAndConfiguration) {
  const test::TempFolder folder;
  std::string epoch;
  for (int round = 0; round < 2; ++round) {
    auto app = App::Start(OptionsIn(folder));
    ASSERT_TRUE(app.ok()) << app.status();
    app->reset();
    auto opened = OpenOrCreateStore(OptionsIn(folder).paths, base::SystemClock());
    ASSERT_TRUE(opened.ok()) << opened.status();
    if (round == 1) {
      EXPECT_EQ(*opened->store->Epoch(), epoch);
    }
    epoch = *opened->store->Epoch();
  }
}

}  // namespace
}  // namespace sluice::controlplane
