// What is wrong is said in one sentence that names it, exits with the documented code, and leaves
// nothing half-written.
#include <filesystem>

#include "tests/integration/stack_test.h"
#include "tests/support/stack/programs.h"

namespace sluice::test {
namespace {

struct BadStart {
  std::string program;
  std::vector<std::string> args;
  int exit_code;
  std::string names;  // must stand in the message
};

TEST(BadInputTest, WrongFlagsAreNamed) {
  TempFolder folder;
  const std::string state = folder.File("state");
  const std::vector<std::string> node = {"--state-dir", state,          "--listen",
                                         "127.0.0.1:0", "--ops-listen", "127.0.0.1:0"};
  auto with = [](std::vector<std::string> args, const std::vector<std::string>& more) {
    args.insert(args.end(), more.begin(), more.end());
    return args;
  };
  const std::vector<BadStart> cases = {
      {DataplaneProgram(), {"--listne", "127.0.0.1:1"}, 2, "listne"},
      {DataplaneProgram(), node, 2, "--join-token-file"},
      {DataplaneProgram(), with(node, {"--join-token-file", "x", "--workers", "-3"}), 2, "-3"},
      {DataplaneProgram(), with(node, {"--join-token-file", "x", "--workers", "many"}), 2, "many"},
      {DataplaneProgram(), with(node, {"--join-token-file", "x", "--labels", "noequals"}), 2,
       "noequals"},
      {DataplaneProgram(), with(node, {"--join-token-file", "x", "--node-id", "bad id"}), 2,
       "bad id"},
      {DataplaneProgram(), with(node, {"--join-token-file", "x", "--log-level", "loud"}), 2,
       "loud"},
      {DataplaneProgram(), {"--join-token-file", "x", "--listen", "0.0.0.0:0"}, 2, "--insecure"},
      {DataplaneProgram(), {"--join-token-file", "x", "--listen", "localhost"}, 2, "localhost"},
      {DataplaneProgram(), {"--join-token-file", "x", "--listen", "127.0.0.1:70000"}, 2, "70000"},
      {DataplaneProgram(),
       {"--join-token-file", "x", "--state-dir", "/proc/none"},
       1,
       "/proc/none"},
      {ControlplaneProgram(), {"--nonsense"}, 2, "nonsense"},
      {ControlplaneProgram(),
       {"--database", state + "/db", "--ops-listen", "0.0.0.0:0"},
       1,
       "--insecure"},
      {ControlplaneProgram(),
       {"--database", state + "/db", "--node-certificate-lifetime", "ages"},
       1,
       "ages"},
      {ControlplaneProgram(),
       {"--database", "/proc/none/db", "--master-key-file", "/proc/none/key"},
       1,
       "/proc/none"},
  };
  for (const BadStart& test : cases) {
    ProcessOptions options;
    options.program = test.program;
    options.args = test.args;
    options.working_folder = folder.path();
    auto run = RunProgram(options);
    ASSERT_TRUE(run.ok()) << run.status();
    SCOPED_TRACE(test.program + " " + test.names + ": " + run->err);
    EXPECT_EQ(run->exit_code, test.exit_code);
    EXPECT_NE(run->err.find(test.names), std::string::npos);
  }
  EXPECT_FALSE(std::filesystem::exists(state + "/db"));
}

class BadRequestTest : public StackTest {};

TEST_F(BadRequestTest, TheControlPlaneRefusesAndNamesIt) {
  struct Case {
    std::vector<std::string> args;
    int exit_code;
    std::string names;
    std::string input;
  };
  const std::vector<Case> cases = {
      {{"provider", "create", "x", "--preset", "openia"}, 1, "openia", ""},
      {{"provider", "create", "Bad Name", "--preset", "openai"}, 1, "Bad Name", ""},
      {{"provider", "create", "demo", "--preset", "openai"}, 1, "demo", ""},
      {{"provider", "create", "x", "--preset", "oracle"}, 1, "base_url", ""},
      {{"provider", "create", "x", "--preset", "openai", "--base-url", "file:///etc/passwd"},
       1,
       "http",
       ""},
      {{"provider", "create", "x", "--preset", "openai", "--base-url", "https://u:hunter2@h/v1"},
       1,
       "user",
       ""},
      {{"provider", "create", "x", "--preset", "openai", "--base-url", "https://h/v1#f"},
       1,
       "fragment",
       ""},
      {{"provider", "create", "x", "--preset", "openai", "--base-url", "https:///v1"},
       1,
       "host",
       ""},
      {{"provider", "get", "nobody"}, 1, "nobody", ""},
      {{"provider", "delete", "nobody"}, 1, "nobody", ""},
      {{"provider-key", "add", "nobody", "--name", "k", "-"}, 1, "nobody", "sk-emulator-x"},
      {{"provider-key", "add", "demo", "--name", "k", "-"}, 1, "empty", ""},
      {{"provider-key", "add", "demo", "--name", "k", "--from-env", "NOT_SET_ANYWHERE"},
       1,
       "NOT_SET_ANYWHERE",
       ""},
      {{"provider-key", "add", "demo", "--name", "k", "--from-file", "/no/such/file"},
       1,
       "/no/such/file",
       ""},
      {{"key", "create", "--name", "k", "--providers", "nobody"}, 1, "nobody", ""},
      {{"key", "create", "--name", "k", "--expires", "soon"}, 2, "soon", ""},
      {{"key", "revoke", "nobody"}, 1, "nobody", ""},
      {{"settings", "set", "enable_passthru=false"}, 2, "enable_passthru", ""},
      {{"settings", "set", "enable_passthrough_routes=maybe"}, 2, "maybe", ""},
      {{"settings", "set", "header_timeout=0s"}, 1, "header_timeout", ""},
      {{"settings", "set", "buffer_low_bytes=999999999"}, 1, "buffer_low_bytes", ""},
      {{"providers"}, 2, "providers", ""},
  };
  auto before = stack_->Ctl({"status"}).json["revision"];
  for (const Case& test : cases) {
    CtlResult result = stack_->Ctl(test.args, test.input);
    SCOPED_TRACE(test.args[0] + " " + (test.args.size() > 1 ? test.args[1] : "") + " [" +
                 test.names + "]: " + result.err);
    EXPECT_EQ(result.exit_code, test.exit_code);
    EXPECT_NE(result.err.find(test.names), std::string::npos);
    EXPECT_EQ(result.err.find("hunter2"), std::string::npos);
  }
  EXPECT_EQ(stack_->Ctl({"status"}).json["revision"], before);
}

TEST_F(BadRequestTest, AWrongTokenIsRefused) {
  TempFolder folder;
  ASSERT_TRUE(folder.Write("token", "sla_wrong\n"));
  ProcessOptions options;
  options.program = SluicectlProgram();
  options.args = {"--server", "127.0.0.1:" + std::to_string(stack_->controlplane().port("grpc")),
                  "--token-file", folder.File("token"), "status"};
  auto run = RunProgram(options);
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->exit_code, 1);
  EXPECT_NE(run->err.find("token"), std::string::npos) << run->err;
}

TEST_F(BadRequestTest, ADatabaseWithoutItsMasterKeyIsNotTouched) {
  stack_->controlplane().Stop();
  const std::string key = stack_->folder().File("controlplane/master.key");
  const std::string aside = stack_->folder().File("controlplane/aside.key");
  std::filesystem::rename(key, aside);
  AnnounceError("master");
  auto without = stack_->RestartControlplane();
  EXPECT_FALSE(without.ok());
  EXPECT_NE(std::string(without.message()).find("master"), std::string::npos) << without;
  EXPECT_FALSE(std::filesystem::exists(key));

  ASSERT_TRUE(stack_->folder().Write("controlplane/master.key", std::string(32, 'w')));
  auto wrong = stack_->RestartControlplane();
  EXPECT_FALSE(wrong.ok());
  EXPECT_NE(std::string(wrong.message()).find("master"), std::string::npos) << wrong;

  std::filesystem::rename(aside, key);
  auto back = stack_->RestartControlplane();
  EXPECT_TRUE(back.ok()) << back;
}

}  // namespace
}  // namespace sluice::test
