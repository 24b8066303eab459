// Secrets are planted, everything is exercised, and then everything that the processes wrote or
// show is searched.
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/integration/stack_test.h"

namespace sluice::test {
namespace {

constexpr const char* kProviderCanary = "sk-emulator-CANARY5b1f0c9e7a";
constexpr const char* kReplacedCanary = "sk-emulator-CANARY2d8e6f3b4c";

std::string Bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class CanaryTest : public StackTest {
 protected:
  StackOptions Options() override {
    StackOptions options;
    options.controlplane_args = {"--log-level", "debug"};
    options.dataplane_args = {"--log-level", "debug"};
    return options;
  }

  void Exercise() {
    ASSERT_TRUE(
        stack_->AddProvider("canary", "openai", stack_->emulator().url() + "/v1", kProviderCanary)
            .ok());
    auto add = stack_->Ctl({"provider-key", "add", "canary", "--name", "second", "--wait", "-"},
                           kReplacedCanary);
    ASSERT_TRUE(add.ok()) << add.err;
    for (const char* target :
         {"/p/canary/models", "/p/canary/chat/completions?key=", "/p/canary/models?emu.status=401",
          "/p/canary/models?emu.reset", "/p/none/x", "/p/canary/../x", "/elsewhere"}) {
      std::string path(target);
      if (path.ends_with("key=")) path += key_;
      EXPECT_NE(Status(path), 0);
    }
    EXPECT_TRUE(
        Fetch(stack_->port(), "GET", "/p/canary/models", {"Authorization: Bearer " + key_ + "x"})
            .ok());
    ASSERT_TRUE(stack_->Ctl({"provider-key", "disable", "canary", "second", "--wait"}).ok());
    ASSERT_TRUE(stack_->Ctl({"provider-key", "delete", "canary", "second", "--wait"}).ok());
    ASSERT_TRUE(stack_->Ctl({"key", "rotate", "test"}).ok());
  }

  // What may hold a secret in the clear: the token files that the operator is given, mode 0600, and
  // the emulator's own output.
  static bool MayHold(const std::filesystem::path& path) {
    return path.filename() == "admin.token" || path.filename() == "join.token";
  }

  void ExpectClean(const std::string& where, const std::string& bytes) {
    for (const std::string& secret : secrets_) {
      EXPECT_EQ(bytes.find(secret), std::string::npos)
          << where << " holds " << secret.substr(0, 15) << "...";
    }
  }

  std::vector<std::string> secrets_;
};

TEST_F(CanaryTest, NoSecretLeavesItsPlace) {
  Exercise();
  std::string admin = Bytes(stack_->admin_token_file());
  std::string join = Bytes(stack_->folder().File("controlplane/join.token"));
  auto trimmed = [](std::string text) { return text.substr(0, text.find('\n')); };
  secrets_ = {
      kProviderCanary, kReplacedCanary, key_,
      trimmed(admin),  trimmed(join),   Bytes(stack_->folder().File("controlplane/master.key"))};
  for (const std::string& secret : secrets_) ASSERT_GE(secret.size(), 20u);

  for (const auto& list : {std::vector<std::string>{"provider", "list"},
                           {"provider-key", "list"},
                           {"key", "list", "--all"},
                           {"settings", "get"},
                           {"status"},
                           {"node", "list"},
                           {"history"}}) {
    CtlResult result = stack_->Ctl(list);
    ASSERT_TRUE(result.ok()) << result.err;
    ExpectClean("sluicectl " + list[0], result.out + result.err);
  }
  for (ServerProcess* server : {&stack_->dataplane(), &stack_->controlplane()}) {
    auto metrics = Fetch(server->port("ops"), "GET", "/metrics");
    ASSERT_TRUE(metrics.ok());
    ExpectClean("/metrics", metrics->body);
    const std::string proc = "/proc/" + std::to_string(server->process().pid());
    ExpectClean(proc + "/cmdline", Bytes(proc + "/cmdline"));
    ExpectClean(proc + "/environ", Bytes(proc + "/environ"));
  }
  stack_->dataplane().Stop();
  stack_->controlplane().Stop();
  size_t searched = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(stack_->folder().path())) {
    if (!entry.is_regular_file() || MayHold(entry.path()) ||
        entry.path().filename() == "master.key")
      continue;
    ExpectClean(entry.path().filename().string(), Bytes(entry.path()));
    ++searched;
  }
  EXPECT_GE(searched, 6u);
  for (const char* name :
       {"controlplane/admin.token", "controlplane/join.token", "controlplane/master.key"}) {
    auto mode = std::filesystem::status(stack_->folder().File(name)).permissions();
    EXPECT_EQ(mode & std::filesystem::perms::all, std::filesystem::perms(0600)) << name;
  }
}

}  // namespace
}  // namespace sluice::test
