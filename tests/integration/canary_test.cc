// Secrets are planted, everything is exercised, and then everything that the processes wrote, show
// and send is searched. What searches is tried on a place where the secrets do stand.
#include <absl/strings/escaping.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/integration/stack_test.h"
#include "tests/support/stack/programs.h"
#include "tests/support/tcp_relay.h"
#include "tests/support/token_signer.h"

namespace sluice::test {
namespace {

constexpr const char* kProviderCanary = "sk-emulator-CANARY5b1f0c9e7a";
constexpr const char* kReplacedCanary = "sk-emulator-CANARY2d8e6f3b4c";
constexpr const char* kReferredCanary = "sk-emulator-CANARY8a7b6c5d4e";
constexpr const char* kSharedCanary = "CANARY-0d9c8b7a-shared-with-an-issuer";
constexpr const char* kRefusedCanary = "sk-emulator CANARY1f2e3d4c5b";

std::string Bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string Line(const std::filesystem::path& path) {
  const std::string text = Bytes(path);
  return text.substr(0, text.find('\n'));
}

std::string MasterKey() { return absl::Base64Escape("CANARY-of-a-master-key-32-bytes!"); }

// What is planted, and where it stands in bytes.
class Canaries {
 public:
  void Plant(const std::string& name, const std::string& secret) {
    ASSERT_GE(secret.size(), 16u) << name;
    secrets_.emplace_back(name, secret);
  }
  // The names of those that `bytes` hold.
  std::vector<std::string> In(const std::string& bytes) const {
    std::vector<std::string> found;
    for (const auto& [name, secret] : secrets_) {
      if (bytes.find(secret) != std::string::npos) found.push_back(name);
    }
    return found;
  }
  // Files below `folder` that hold one, but for those that are there to hold it.
  std::vector<std::string> InFiles(const std::filesystem::path& folder, size_t* searched) const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      const std::string name = entry.path().filename();
      const bool holds = name == "admin.token" || name == "join.token" || name == "master.key" ||
                         name.starts_with("given.");
      if (!entry.is_regular_file() || holds) continue;
      ++*searched;
      for (const std::string& secret : In(Bytes(entry.path()))) {
        found.push_back(entry.path().string() + " holds " + secret);
      }
    }
    return found;
  }
  // What /proc shows of a process.
  std::vector<std::string> InProcess(pid_t pid) const {
    std::vector<std::string> found;
    for (const char* page : {"cmdline", "environ"}) {
      const std::string path = "/proc/" + std::to_string(pid) + "/" + page;
      EXPECT_FALSE(Bytes(path).empty()) << path;
      for (const std::string& secret : In(Bytes(path))) found.push_back(path + " holds " + secret);
    }
    return found;
  }
  size_t size() const { return secrets_.size(); }
  const std::vector<std::pair<std::string, std::string>>& all() const { return secrets_; }

 private:
  std::vector<std::pair<std::string, std::string>> secrets_;
};

using Found = std::vector<std::string>;

class CanaryTest : public StackTest, public ::testing::WithParamInterface<const char*> {
 protected:
  StackOptions Options() override {
    StackOptions options;
    options.controlplane_args = {"--log-level", GetParam()};
    // The access log goes where the program's own log is searched.
    options.dataplane_args = {"--log-level", GetParam(), "--access-log", "-"};
    return options;
  }

  void ExpectClean(const std::string& where, const std::string& bytes) {
    EXPECT_EQ(canaries_.In(bytes), Found()) << "in " << where;
  }
  CtlResult Ctl(std::vector<std::string> args, const std::string& input = "") {
    CtlResult result = stack_->Ctl(args, input);
    said_ += result.err;
    return result;
  }
  void AskAll() {
    for (const char* target :
         {"/p/canary/models", "/p/canary/chat/completions?key=", "/p/canary/models?emu.status=401",
          "/p/canary/models?emu.status=429", "/p/canary/models?emu.reset", "/p/none/x",
          "/p/canary/../x", "/elsewhere"}) {
      std::string path(target);
      if (path.ends_with("key=")) path += key_;
      const auto answer = Ask("GET", path);
      ASSERT_TRUE(answer.ok()) << answer.status();
      if (answer->status != 200) said_ += answer->body;
    }
    const auto wrong =
        Fetch(stack_->port(), "GET", "/p/canary/models", {"Authorization: Bearer " + key_ + "x"});
    ASSERT_TRUE(wrong.ok()) << wrong.status();
    EXPECT_EQ(wrong->status, 401);
    said_ += wrong->body;
  }
  void Exercise() {
    ASSERT_TRUE(
        stack_->AddProvider("canary", "openai", stack_->emulator().url() + "/v1", kProviderCanary)
            .ok());
    ASSERT_TRUE(
        Ctl({"provider-key", "add", "canary", "--name", "second", "--wait", "-"}, kReplacedCanary)
            .ok());
    ASSERT_TRUE(stack_->folder().Write("given.key", kReferredCanary));
    ASSERT_TRUE(Ctl({"provider-key", "add", "canary", "--name", "third", "--ref-file",
                     stack_->folder().File("given.key")})
                    .ok());
    EXPECT_FALSE(Ctl({"provider-key", "add", "canary", "--name", "bad", "-"}, kRefusedCanary).ok());
    EXPECT_FALSE(Ctl({"provider-key", "add", "none", "--name", "x", "-"}, kProviderCanary).ok());
    const CtlResult issuer =
        Ctl({"jwt-issuer", "create", "batch", "--issuer", "batch", "--audience", "sluice",
             "--algorithm", "HS256", "--hs256-from-file", "-", "--wait"},
            kSharedCanary);
    ASSERT_TRUE(issuer.ok()) << issuer.err;
    AskWithTokens();
    AskAll();
    ASSERT_TRUE(Ctl({"provider-key", "disable", "canary", "second", "--wait"}).ok());
    ASSERT_TRUE(Ctl({"provider-key", "delete", "canary", "second", "--wait"}).ok());
    ASSERT_TRUE(Ctl({"provider-key", "refresh"}).ok());
    const CtlResult admin = Ctl({"admin", "create", "--name", "ci", "--role", "viewer"});
    ASSERT_TRUE(admin.ok()) << admin.err;
    canaries_.Plant("a viewer's token", admin.json.value("text", ""));
    ASSERT_TRUE(stack_->folder().Write("given.token", admin.json.value("text", "")));
    const CtlResult denied =
        stack_->CtlAs(stack_->folder().File("given.token"), {"provider", "delete", "canary"});
    EXPECT_FALSE(denied.ok());
    said_ += denied.err;
    ASSERT_TRUE(Ctl({"key", "rotate", "test"}).ok());
    ASSERT_TRUE(Ctl({"secrets", "rotate-master"}).ok());
    ASSERT_TRUE(Ctl({"backup", "--to", stack_->folder().File("saved.backup")}).ok());
    ASSERT_TRUE(Ctl({"node", "seed", "--to", stack_->folder().File("saved.seed")}).ok());
  }
  void PlantAll() {
    canaries_.Plant("the provider key", kProviderCanary);
    canaries_.Plant("the replaced provider key", kReplacedCanary);
    canaries_.Plant("the referred provider key", kReferredCanary);
    canaries_.Plant("the refused provider key", kRefusedCanary);
    canaries_.Plant("the secret of a token issuer", kSharedCanary);
    canaries_.Plant("a token", token_);
    canaries_.Plant("the client key", key_);
    const std::string folder = stack_->folder().File("controlplane/");
    canaries_.Plant("the owner's token", Line(folder + "admin.token"));
    canaries_.Plant("the join token", Line(folder + "join.token"));
    const std::string master = Line(folder + "master.key");
    canaries_.Plant("the master key", master);
    std::string raw;
    ASSERT_TRUE(absl::Base64Unescape(master, &raw));
    canaries_.Plant("the bytes of the master key", raw);
  }
  void SearchWhatIsShown() {
    ExpectClean("what was said", said_);
    EXPECT_FALSE(said_.empty());
    for (const auto& list : {std::vector<std::string>{"provider", "list"},
                             {"provider-key", "list"},
                             {"key", "list", "--all"},
                             {"admin", "list"},
                             {"secrets", "status"},
                             {"jwt-issuer", "list"},
                             {"jwt-issuer", "get", "batch"},
                             {"settings", "get"},
                             {"status"},
                             {"node", "list"},
                             {"history"},
                             {"diff", "1", "5"},
                             {"audit", "list"},
                             {"export"}}) {
      CtlResult result = stack_->Ctl(list);
      ASSERT_TRUE(result.ok()) << list[0] << ": " << result.err;
      ExpectClean("sluicectl " + list[0], result.out + result.err);
    }
    for (ServerProcess* server : {&stack_->dataplane(), &stack_->controlplane()}) {
      const auto metrics = Fetch(server->port("ops"), "GET", "/metrics");
      ASSERT_TRUE(metrics.ok());
      ExpectClean("/metrics", metrics->body);
      EXPECT_EQ(canaries_.InProcess(server->process().pid()), Found());
    }
    EXPECT_EQ(canaries_.InProcess(stack_->emulator().process().pid()), Found());
  }

  void AskWithTokens() {
    for (const std::string& token : {token_, token_ + "A"}) {
      const auto answer = Fetch(stack_->port(), "GET", "/p/canary/models", {Stack::Bearer(token)});
      ASSERT_TRUE(answer.ok()) << answer.status();
      EXPECT_EQ(answer->status, token == token_ ? 200 : 401);
      said_ += answer->body;
    }
  }

  Canaries canaries_;
  const std::string token_ =
      TokenSigner::Hmac(kSharedCanary)
          .Token({{"iss", "batch"}, {"aud", "sluice"}, {"sub", "a"}, {"exp", 4'000'000'000}});
  std::string said_;  // error answers, of both planes
};

TEST_P(CanaryTest, NoSecretLeavesItsPlace) {
  PlantAll();
  Exercise();
  if (HasFatalFailure()) return;
  SearchWhatIsShown();
  // The database with its log, as they are while it is in use.
  size_t searched = 0;
  EXPECT_EQ(canaries_.InFiles(stack_->folder().path(), &searched), Found());
  EXPECT_TRUE(std::filesystem::exists(stack_->folder().File("controlplane/sluice.db-wal")));
  EXPECT_TRUE(std::filesystem::exists(stack_->folder().File("controlplane/sluice.db-shm")));
  EXPECT_TRUE(std::filesystem::exists(stack_->folder().File("dataplane0/last_known_good")));
  EXPECT_GE(searched, 10u);
  stack_->dataplane().Stop();
  stack_->controlplane().Stop();
  EXPECT_EQ(canaries_.InFiles(stack_->folder().path(), &searched), Found());
  for (const char* name :
       {"controlplane/admin.token", "controlplane/join.token", "controlplane/master.key"}) {
    auto mode = std::filesystem::status(stack_->folder().File(name)).permissions();
    EXPECT_EQ(mode & std::filesystem::perms::all, std::filesystem::perms(0600)) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(LogLevels, CanaryTest,
                         ::testing::Values("debug", "info", "warning", "error"),
                         [](const auto& info) { return std::string(info.param); });

// Each way of searching finds what does stand there.
TEST(CanarySearchTest, FindsWhatIsThere) {
  const TempFolder folder;
  Canaries canaries;
  canaries.Plant("one", kProviderCanary);
  canaries.Plant("two", MasterKey());
  EXPECT_EQ(canaries.In(std::string("x\0y", 3) + kProviderCanary + "\n"), Found({"one"}));
  ASSERT_TRUE(folder.Write("scratch.db", std::string(5000, '\0') + MasterKey() + "tail"));
  size_t searched = 0;
  const Found in_files = canaries.InFiles(folder.path(), &searched);
  ASSERT_EQ(in_files.size(), 1u);
  EXPECT_NE(in_files[0].find("scratch.db holds two"), std::string::npos);
  ProcessOptions options;
  options.program = "/bin/sleep";
  options.args = {"1000"};
  options.env = {std::string("CANARY=") + kProviderCanary};
  auto with_variable = Process::Start(options);
  ASSERT_TRUE(with_variable.ok()) << with_variable.status();
  EXPECT_EQ(canaries.InProcess((*with_variable)->pid()).size(), 1u);
  options.program = "/usr/bin/tail";
  options.args = {"-f", "/dev/null", kProviderCanary};
  options.env = {};
  auto with_argument = Process::Start(options);
  ASSERT_TRUE(with_argument.ok()) << with_argument.status();
  EXPECT_EQ(canaries.InProcess((*with_argument)->pid()).size(), 1u);
  (*with_variable)->Kill();
  (*with_argument)->Kill();
}

// A master key that came in the environment is not left there.
TEST(CanaryEnvironmentTest, AMasterKeyIsTakenOutOfTheEnvironment) {
  const TempFolder folder;
  Canaries canaries;
  canaries.Plant("the master key", MasterKey());
  ServerProcess controlplane("controlplane", ControlplaneProgram(), folder.path(),
                             {"--listen", "127.0.0.1:0", "--ops-listen", "127.0.0.1:0",
                              "--database", folder.File("state/sluice.db"), "--log-level", "debug"},
                             {"SLUICE_MASTER_KEY=" + MasterKey()});
  const absl::Status started = controlplane.Start();
  ASSERT_TRUE(started.ok()) << started;
  EXPECT_EQ(canaries.InProcess(controlplane.process().pid()), Found());
  size_t searched = 0;
  EXPECT_EQ(canaries.InFiles(folder.path(), &searched), Found());
  EXPECT_GE(searched, 4u);
  EXPECT_EQ(controlplane.Stop(), 0);
  EXPECT_TRUE(controlplane.Start().ok()) << "again with the same key";
  EXPECT_EQ(controlplane.Stop(), 0);
}

// What goes over the wire between data plane, sluicectl and control plane.
class CanaryWireTest : public StackTest, public ::testing::WithParamInterface<bool> {
 protected:
  StackOptions Options() override {
    StackOptions options;
    options.tls = GetParam();
    return options;
  }
  // The data plane's connection, and one of sluicectl, through a relay that listens.
  std::string Capture() {
    auto relay = TcpRelay::Start(stack_->controlplane().port("grpc"));
    EXPECT_TRUE(relay.ok()) << relay.status();
    (*relay)->Record();
    const std::string address = "127.0.0.1:" + std::to_string((*relay)->port());
    ServerProcess& dataplane = stack_->dataplane();
    dataplane.Stop();
    std::vector<std::string> args = dataplane.args();
    *(std::find(args.begin(), args.end(), "--control-plane") + 1) = address;
    *(std::find(args.begin(), args.end(), "--state-dir") + 1) += ".anew";
    dataplane.SetArgs(args);
    EXPECT_TRUE(dataplane.Start().ok());
    EXPECT_TRUE(stack_->WaitUntilReady());
    ProcessOptions options;
    options.program = SluicectlProgram();
    options.args = {"provider-key", "add",
                    "demo",         "--name",
                    "wire",         "-",
                    "--server",     address,
                    "--token-file", stack_->admin_token_file()};
    if (GetParam()) {
      options.args.insert(options.args.end(),
                          {"--ca-file", stack_->folder().File("controlplane/ca.crt")});
    }
    options.input = kReplacedCanary;
    const auto added = RunProgram(std::move(options));
    EXPECT_TRUE(added.ok() && added->exit_code == 0) << (added.ok() ? added->err : "");
    EXPECT_TRUE(Eventually([&] {
      const CtlResult nodes = stack_->Ctl({"status"});
      return nodes.json.value("nodes_current", 0) == 1;
    }));
    dataplane.Stop();
    return (*relay)->recorded();
  }
};

TEST_P(CanaryWireTest, NothingStandsThereInClearWithTls) {
  Canaries canaries;
  canaries.Plant("the new provider key", kReplacedCanary);
  canaries.Plant("the provider key", "sk-emulator-0001");
  canaries.Plant("the owner's token", Line(stack_->admin_token_file()));
  canaries.Plant("the join token", Line(stack_->folder().File("controlplane/join.token")));
  const std::string recorded = Capture();
  EXPECT_GT(recorded.size(), 1000u);
  if (GetParam()) {
    EXPECT_EQ(canaries.In(recorded), Found());
  } else {
    // Without it they do, and so the search can find them.
    EXPECT_EQ(canaries.In(recorded).size(), canaries.size());
  }
}

INSTANTIATE_TEST_SUITE_P(Wire, CanaryWireTest, ::testing::Bool(), [](const auto& info) {
  return std::string(info.param ? "Tls" : "Plaintext");
});

}  // namespace
}  // namespace sluice::test
