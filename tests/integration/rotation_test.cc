// Master keys that change while everything goes on, and control planes that are killed meanwhile.
#include <gmock/gmock.h>

#include <algorithm>

#include "absl/strings/escaping.h"
#include "common/base/file.h"
#include "tests/integration/stack_test.h"
#include "tests/support/stack/programs.h"

namespace sluice::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Enough for a rotation to be killed in its middle.
constexpr int kKeys = 640;
constexpr int kKills = 6;

class RotationTest : public StackTest {
 protected:
  std::string KeyFile() { return stack_->folder().File("controlplane/master.key"); }
  static std::string NewKey(char fill) { return absl::Base64Escape(std::string(32, fill)) + "\n"; }

  void AddManyKeys() {
    ASSERT_TRUE(stack_->AddProvider("spare", "openai", stack_->emulator().url() + "/v1", "").ok());
    ASSERT_TRUE(stack_->folder().Write("all.key", "sk-emulator-0002\n"));
    std::string text = "provider_keys:\n";
    for (int i = 0; i < kKeys; ++i) {
      text += "  - provider: spare\n    name: k" + std::to_string(i) + "\n    from_file: all.key\n";
    }
    ASSERT_TRUE(stack_->folder().Write("keys.yaml", text));
    const CtlResult applied =
        stack_->Ctl({"apply", "-f", stack_->folder().File("keys.yaml"), "--wait"});
    ASSERT_TRUE(applied.ok()) << applied.err;
  }
  nlohmann::json Keys() { return stack_->Ctl({"secrets", "status"}).json["master_keys"]; }
  static int64_t SecretsOf(const nlohmann::json& key) { return key.value("secrets", int64_t{0}); }
  static int64_t Total(const nlohmann::json& keys) {
    int64_t total = 0;
    for (const nlohmann::json& key : keys) total += SecretsOf(key);
    return total;
  }
  // The control plane as a program of its own, with the keys in `file`: what it says as it refuses.
  std::string Refusal(const std::string& file) {
    stack_->controlplane().Stop();
    ProcessOptions options;
    options.program = ControlplaneProgram();
    options.args = {"--listen",          "127.0.0.1:0",
                    "--ops-listen",      "127.0.0.1:0",
                    "--database",        stack_->folder().File("controlplane/sluice.db"),
                    "--master-key-file", file};
    const auto finished = RunProgram(std::move(options));
    EXPECT_TRUE(finished.ok()) << finished.status();
    if (!finished.ok()) return "";
    EXPECT_EQ(finished->exit_code, 1);
    return finished->err;
  }
  // Kills the control plane when the rotation has said `messages` messages, or has ended.
  void KillInRotation(int messages) {
    ProcessOptions options;
    options.program = SluicectlProgram();
    options.args = {
        "secrets",      "rotate-master",
        "-o",           "json",
        "--server",     "127.0.0.1:" + std::to_string(stack_->controlplane().port("grpc")),
        "--token-file", stack_->admin_token_file()};
    options.stdout_path = stack_->folder().File("rotation" + std::to_string(messages));
    auto rotation = Process::Start(options);
    ASSERT_TRUE(rotation.ok()) << rotation.status();
    ASSERT_TRUE(Eventually([&] {
      const std::string said = (*rotation)->Stdout();
      return std::count(said.begin(), said.end(), '\n') >= messages || !(*rotation)->running();
    }));
    stack_->controlplane().Kill();
    EXPECT_TRUE((*rotation)->Wait().has_value());
    ASSERT_TRUE(stack_->RestartControlplane().ok());
  }
};

TEST_F(RotationTest, IsOnlineAndSurvivesKillsAtAnyTime) {
  AddManyKeys();
  const std::string old_key = FileText(KeyFile());
  const std::string both = old_key + NewKey('n');
  ASSERT_TRUE(base::WriteFileAtomically(KeyFile(), both).ok());
  ASSERT_TRUE(stack_->RestartControlplane().ok());
  const nlohmann::json before = Keys();
  ASSERT_EQ(before.size(), 2u) << before;
  const int64_t total = Total(before);
  EXPECT_GE(total, kKeys);
  EXPECT_EQ(SecretsOf(before[1]), 0);
  const std::string old_id = before[0]["id"];
  const std::string new_id = before[1]["id"];
  const nlohmann::json revision = stack_->Ctl({"status"}).json["revision"];

  int midway = 0;
  for (int round = 0; round < kKills; ++round) {
    SCOPED_TRACE(round);
    KillInRotation(1 + round % 3);
    const nlohmann::json keys = Keys();
    ASSERT_EQ(Total(keys), total) << keys;
    if (SecretsOf(keys[0]) > 0 && SecretsOf(keys[1]) > 0) ++midway;
    EXPECT_EQ(Status(), 200);
  }
  EXPECT_GT(midway, 0) << "no kill was in the middle of a rotation";
  EXPECT_EQ(stack_->Ctl({"status"}).json["revision"], revision) << "a rotation is no revision";

  // Neither key can go yet, or the rotation has ended by itself in between.
  ASSERT_TRUE(stack_->folder().Write("new.key", NewKey('n')));
  ASSERT_TRUE(stack_->folder().Write("old.key", old_key));
  EXPECT_THAT(Refusal(stack_->folder().File("old.key")), HasSubstr(new_id));
  EXPECT_THAT(Refusal(stack_->folder().File("new.key")), HasSubstr(old_id));
  ASSERT_TRUE(stack_->RestartControlplane().ok());

  const CtlResult rotated = stack_->Ctl({"secrets", "rotate-master"});
  ASSERT_TRUE(rotated.ok()) << rotated.err;
  ASSERT_TRUE(stack_->AddClientKey("meanwhile").ok());
  EXPECT_EQ(SecretsOf(Keys()[0]), 0);
  EXPECT_EQ(SecretsOf(Keys()[1]), total);
  const CtlResult audit = stack_->Ctl({"audit", "list"});
  EXPECT_THAT(audit.out, AllOf(HasSubstr("rotation to master key " + new_id + " done"),
                               HasSubstr("RotateMasterKey")));

  EXPECT_THAT(Refusal(stack_->folder().File("old.key")), HasSubstr(new_id));
  ASSERT_TRUE(base::WriteFileAtomically(KeyFile(), NewKey('n')).ok());
  ASSERT_TRUE(stack_->RestartControlplane().ok());
  EXPECT_EQ(Keys().size(), 1u);
  ASSERT_TRUE(stack_->Ctl({"rollback", "1", "--dry-run"}).ok()) << "the history opens";
  const auto fresh = stack_->AddDataplane();
  ASSERT_TRUE(fresh.ok()) << fresh.status();
  ASSERT_TRUE(stack_->WaitUntilReady(1));
  EXPECT_EQ(Status(), 200);
}

}  // namespace
}  // namespace sluice::test
