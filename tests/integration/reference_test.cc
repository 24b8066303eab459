// Provider keys that the control plane reads itself: from its environment, a file, a program.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "tests/integration/stack_test.h"

namespace sluice::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class ReferenceTest : public StackTest {
 protected:
  ReferenceTest() { program_ = scripts_.File("secret"); }

  StackOptions Options() override {
    StackOptions options;
    options.env = {"REFERENCE_KEY=sk-emulator-env1"};
    options.controlplane_args = {"--allow-secret-program", program_};
    return options;
  }
  void SetUp() override {
    WriteProgram("sk-emulator-exec1");
    StackTest::SetUp();
    if (HasFatalFailure()) return;
    ASSERT_TRUE(stack_->AddProvider("far", "openai", stack_->emulator().url() + "/v1", "").ok());
  }
  void WriteProgram(const std::string& secret) {
    ASSERT_TRUE(scripts_.Write("secret", "#!/bin/sh\necho " + secret + "\n"));
    ASSERT_EQ(chmod(program_.c_str(), 0700), 0);
  }
  std::string KeyFile() { return scripts_.File("key"); }
  CtlResult Add(const std::string& name, const std::vector<std::string>& reference) {
    std::vector<std::string> args = {"provider-key", "add", "far", "--name", name, "--wait"};
    args.insert(args.end(), reference.begin(), reference.end());
    return stack_->Ctl(args);
  }
  // What the provider is shown now.
  std::string Shown(size_t dataplane = 0) {
    stack_->emulator().Forget();
    const auto answer =
        Fetch(stack_->port(dataplane), "GET", "/p/far/models", {Stack::Bearer(key_)});
    if (!answer.ok() || answer->status != 200) return "no answer";
    const auto requests = stack_->emulator().Requests("/models");
    if (requests.empty()) return "no request";
    const auto values = EmulatorProcess::HeaderValues(requests.back(), "authorization");
    return values.empty() ? "" : values.front();
  }

  TempFolder scripts_;
  std::string program_;
};

TEST_F(ReferenceTest, AVariableAFileAndAProgramAreRead) {
  ASSERT_TRUE(Add("env", {"--ref-env", "REFERENCE_KEY"}).ok());
  EXPECT_EQ(Shown(), "Bearer sk-emulator-env1");
  ASSERT_TRUE(stack_->Ctl({"provider-key", "delete", "far", "env", "--wait"}).ok());
  ASSERT_TRUE(scripts_.Write("key", "sk-emulator-file1\n"));
  ASSERT_TRUE(Add("file", {"--ref-file", KeyFile()}).ok());
  EXPECT_EQ(Shown(), "Bearer sk-emulator-file1");
  const CtlResult updated = stack_->Ctl(
      {"provider-key", "update", "far", "file", "--ref-exec", program_ + " x y", "--wait"});
  ASSERT_TRUE(updated.ok()) << updated.err;
  EXPECT_EQ(Shown(), "Bearer sk-emulator-exec1");
  EXPECT_EQ(stack_->logs().find("sk-emulator-"), std::string::npos);
}

TEST_F(ReferenceTest, ARefreshBringsWhatChangedAndKeepsWhatFails) {
  ASSERT_TRUE(scripts_.Write("key", "sk-emulator-file1\n"));
  ASSERT_TRUE(Add("main", {"--ref-file", KeyFile()}).ok());
  ASSERT_TRUE(scripts_.Write("key", "sk-emulator-file2\n"));
  EXPECT_EQ(Shown(), "Bearer sk-emulator-file1");
  const CtlResult refreshed = stack_->Ctl({"provider-key", "refresh", "--wait"});
  ASSERT_TRUE(refreshed.ok()) << refreshed.err;
  EXPECT_EQ(refreshed.json["changed"].size(), 1u);
  EXPECT_EQ(Shown(), "Bearer sk-emulator-file2");

  std::filesystem::remove(KeyFile());
  const CtlResult failed = stack_->Ctl({"provider-key", "refresh", "far", "main"});
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_THAT(failed.out, AllOf(HasSubstr("provider key far/main"), HasSubstr(KeyFile())));
  EXPECT_THAT(stack_->controlplane().log(), HasSubstr("it keeps the text that it had"));
  EXPECT_EQ(Shown(), "Bearer sk-emulator-file2");

  // A restart without the source serves what there was, to new nodes too.
  ASSERT_TRUE(stack_->RestartControlplane().ok());
  ASSERT_TRUE(stack_->AddDataplane().ok());
  ASSERT_TRUE(stack_->WaitUntilReady(1));
  EXPECT_EQ(Shown(1), "Bearer sk-emulator-file2");

  // And one with another text reads it.
  stack_->controlplane().Kill();
  ASSERT_TRUE(scripts_.Write("key", "sk-emulator-file3\n"));
  ASSERT_TRUE(stack_->RestartControlplane().ok());
  EXPECT_TRUE(Eventually([&] { return Shown() == "Bearer sk-emulator-file3"; }));
}

TEST_F(ReferenceTest, WhatMustNotBeReadIsRefusedAndNoKeyIsMade) {
  const CtlResult own = Add("own", {"--ref-file", stack_->admin_token_file()});
  EXPECT_EQ(own.exit_code, 1);
  EXPECT_THAT(own.err, HasSubstr("the control plane's own"));
  const CtlResult program = Add("program", {"--ref-exec", "/bin/cat /etc/hostname"});
  EXPECT_EQ(program.exit_code, 1);
  EXPECT_THAT(program.err, HasSubstr("--allow-secret-program /bin/cat"));
  const CtlResult unset = Add("unset", {"--ref-env", "NO_SUCH_VARIABLE"});
  EXPECT_EQ(unset.exit_code, 1);
  EXPECT_THAT(unset.err, HasSubstr("NO_SUCH_VARIABLE"));
  EXPECT_TRUE(stack_->Ctl({"provider-key", "list", "far"}).json["provider_keys"].empty());
}

// An operator writes keys, but makes no control plane read its machine; a viewer does neither.
TEST_F(ReferenceTest, RolesHoldThroughTheWholeStack) {
  const auto as = [&](const std::string& role, std::vector<std::string> args) {
    const std::string file = scripts_.File(role + ".token");
    if (!std::filesystem::exists(file)) {
      const CtlResult made =
          stack_->Ctl({"admin", "create", "--name", role, "--role", role, "--expires", "1h"});
      EXPECT_TRUE(made.ok()) << made.err;
      EXPECT_TRUE(scripts_.Write(role + ".token", made.json.value("text", "")));
    }
    return stack_->CtlAs(file, std::move(args));
  };
  EXPECT_TRUE(as("viewer", {"provider", "list"}).ok());
  EXPECT_EQ(as("viewer", {"provider", "delete", "far"}).exit_code, 1);
  EXPECT_TRUE(as("operator", {"provider", "update", "far", "--disable"}).ok());
  EXPECT_THAT(as("operator", {"backup"}).err, HasSubstr("(operator) may not call"));
  EXPECT_THAT(
      as("operator", {"provider-key", "add", "far", "--name", "x", "--ref-env", "REFERENCE_KEY"})
          .err,
      HasSubstr("that takes an owner"));
  ASSERT_TRUE(stack_->Ctl({"admin", "revoke", "operator"}).ok());
  EXPECT_THAT(as("operator", {"provider", "list"}).err, HasSubstr("admin token"));
  EXPECT_EQ(stack_->Ctl({"admin", "revoke", "owner"}).exit_code, 1);
  EXPECT_THAT(stack_->controlplane().log(), HasSubstr("denied: "));
  const auto metrics = Fetch(stack_->controlplane().port("ops"), "GET", "/metrics");
  ASSERT_TRUE(metrics.ok());
  EXPECT_THAT(metrics->body, HasSubstr("sluice_controlplane_denied_calls_total 4"));
}

}  // namespace
}  // namespace sluice::test
