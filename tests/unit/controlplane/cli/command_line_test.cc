// What the command line itself answers: help, usage errors, where the server and the token come
// from.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "absl/strings/str_split.h"
#include "common/base/file.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/controlplane/cli/command_fixture.h"

namespace sluice::cli {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class CommandLineTest : public CommandTest {
 protected:
  // One sentence on the error stream, nothing on the other.
  void ExpectRefused(const Result& result, int exit_code, const std::string& sentence) {
    EXPECT_EQ(result.exit_code, exit_code);
    EXPECT_THAT(result.out, IsEmpty());
    EXPECT_THAT(result.err, AllOf(StartsWith("sluicectl: "), HasSubstr(sentence)));
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
  }
};

TEST_F(CommandLineTest, WithoutArgumentsPrintsHelp) {
  const Result result = Run({});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, AllOf(HasSubstr("provider-key"), HasSubstr("First steps:")));
  const Result group = Run({"provider"});
  EXPECT_EQ(group.exit_code, 2);
  EXPECT_THAT(group.err, AllOf(HasSubstr("presets"), HasSubstr("Usage: sluicectl provider [")));
}

TEST_F(CommandLineTest, HelpGoesToStandardOutput) {
  const Result result = Run({"--help"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("--token-file"));
  EXPECT_THAT(result.err, IsEmpty());
  EXPECT_EQ(Run({"--version"}).out, "sluicectl 0.1.0\n");
}

// Of help for one command, `words`.
void ExpectReadableHelp(const std::string& help, const std::string& words) {
  EXPECT_THAT(help, HasSubstr("\nUsage: sluicectl" + words + " ["));
  EXPECT_THAT(help, Not(HasSubstr("{")));
  // What writes can be waited for, and can say what it was based on; a rollout is what it is.
  if (!words.empty() && !words.starts_with(" rollout")) {
    EXPECT_EQ(help.find("--wait") != std::string::npos,
              help.find("--if-revision") != std::string::npos);
  }
  const std::vector<std::string> lines = absl::StrSplit(help, '\n');
  for (const std::string& line : lines) {
    EXPECT_LE(line.size(), 80u) << line;
  }
}

TEST_F(CommandLineTest, HelpIsReadableAtEightyColumns) {
  ExpectReadableHelp(Run({"--help"}).out, "");
  for (const std::string group :
       {"provider", "provider-key", "key", "settings", "node", "join-token", "audit"}) {
    ExpectReadableHelp(Run({group, "--help"}).out, " " + group);
  }
}

TEST_F(CommandLineTest, EveryCommandsHelpHasAnExample) {
  const std::map<std::string, std::vector<std::string>> commands = {
      {"provider", {"presets", "list", "get", "create", "update", "delete"}},
      {"provider-key", {"add", "list", "enable", "disable", "delete"}},
      {"key", {"create", "list", "get", "update", "revoke", "rotate"}},
      {"settings", {"get", "set", "unset"}},
      {"node", {"list", "get", "watch", "accept", "expel"}},
      {"join-token", {"list", "create", "revoke"}},
      {"usage", {"records"}},
      {"audit", {"list", "verify"}}};
  for (const auto& [group, names] : commands) {
    for (const std::string& name : names) {
      const Result result = Run({group, name, "--help"});
      EXPECT_EQ(result.exit_code, 0);
      EXPECT_THAT(result.out, HasSubstr("Example"));
      ExpectReadableHelp(result.out, " " + group + " " + name);
    }
  }
  for (const std::string name : {"history", "status", "diff", "rollback", "export", "apply",
                                 "backup", "usage", "tail", "top"}) {
    EXPECT_THAT(Run({name, "--help"}).out, HasSubstr("Example"));
    ExpectReadableHelp(Run({name, "--help"}).out, " " + name);
  }
  EXPECT_EQ(requests(), 0u);
}

TEST_F(CommandLineTest, NamesAnUnknownCommandAndTheNearOnes) {
  ExpectRefused(Run({"provder", "list"}), 2, "no command \"provder\"; did you mean \"provider\"?");
  ExpectRefused(Run({"-o", "json", "provider", "lst"}), 2,
                "sluicectl provider has no command \"lst\"; did you mean \"list\"?");
  ExpectRefused(Run({"frobnicate"}), 2, "(the commands are provider, provider-key, key, ");
  EXPECT_EQ(requests(), 0u);
}

TEST_F(CommandLineTest, NamesAnUnknownOptionButNotItsValue) {
  const Result result = Run({"provider", "list", "--outptu=canary"});
  ExpectRefused(result, 2, "sluicectl provider list has no option --outptu");
  EXPECT_THAT(result.err, AllOf(HasSubstr("--output"), Not(HasSubstr("canary"))));
  ExpectRefused(Run({"provider", "list", "extra"}), 2, "takes no further argument");
  ExpectRefused(Run({"provider", "get"}), 2, "NAME is required");
  ExpectRefused(Run({"provider", "create", "x"}), 2, "--preset is required");
}

TEST_F(CommandLineTest, ChecksTheOptionsOfEveryCommand) {
  ExpectRefused(Run({"status", "-o", "xml"}), 2, "must be table or json or yaml, not \"xml\"");
  ExpectRefused(Run({"status", "-o", "csv"}), 2, "-o csv is for sluicectl usage alone");
  ExpectRefused(Run({"status", "--timeout", "10"}), 2, "\"10\" is not a duration");
  ExpectRefused(Run({"status", "--timeout", "0s"}), 2, "must be longer than \"0s\"");
  ExpectRefused(Run({"history", "--limit", "0"}), 2, "from 1 to 1000, not \"0\"");
  ExpectRefused(Run({"provider", "delete", "x", "--wait=soon"}), 2, "\"soon\" is not a duration");
  ExpectRefused(Run({"provider", "delete", "x", "--if-revision", "new"}), 2, "\"new\"");
  EXPECT_EQ(requests(), 0u);
}

TEST_F(CommandLineTest, GlobalOptionsWorkBeforeBetweenAndAfterTheCommand) {
  environment_.erase("SLUICE_SERVER");
  const std::string server = address();
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"-o", "json", "--server", server, "provider", "list"},
           {"provider", "-o", "json", "--server=" + server, "list"},
           {"provider", "list", "--server", server, "-ojson"}}) {
    const Result result = Run(arguments);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.out, "{\n  \"providers\": [],\n  \"revision\": 0\n}\n");
  }
}

TEST_F(CommandLineTest, AResourceMayBeCalledLikeACommand) {
  EXPECT_EQ(Run({"provider", "get", "list"}).exit_code, 0);
  EXPECT_EQ(Asked<admin::v1::GetProviderRequest>(), "name: \"list\"");
  EXPECT_EQ(Run({"provider", "delete", "status"}).exit_code, 0);
  EXPECT_EQ(Asked<admin::v1::DeleteProviderRequest>(), "name: \"status\"");
}

TEST_F(CommandLineTest, TheFlagWinsOverTheEnvironment) {
  environment_["SLUICE_SERVER"] = "127.0.0.1:1";
  EXPECT_EQ(Run({"status", "--server", address()}).exit_code, 0);
}

TEST_F(CommandLineTest, SaysThatTheServerCannotBeReached) {
  environment_["SLUICE_SERVER"] = "127.0.0.1:1";
  ExpectRefused(Run({"status"}), 1,
                "cannot reach the control plane at 127.0.0.1:1 (Connection refused)");
}

TEST_F(CommandLineTest, RefusesABadServerAddress) {
  ExpectRefused(Run({"status", "--server", "nowhere"}), 2, "nowhere");
  ExpectRefused(Run({"status", "--server", "127.0.0.1:0"}), 2, "port 0");
}

TEST_F(CommandLineTest, RefusesPlaintextToAnotherMachineWithoutInsecure) {
  ExpectRefused(Run({"status", "--server", "192.0.2.1:9090"}), 2,
                "the admin token would go to 192.0.2.1:9090 unencrypted");
}

class TokenTest : public CommandLineTest {
 protected:
  TokenTest() { environment_.erase("SLUICE_TOKEN"); }
  std::string WriteToken(const std::string& text, mode_t mode) {
    const std::string path = folder_.File("token");
    EXPECT_TRUE(base::WriteFileAtomically(path, text, mode).ok());
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }
  test::TempFolder folder_;
};

TEST_F(TokenTest, ComesFromAFileItsLineEndTakenOff) {
  const std::string path = WriteToken(std::string(kToken) + "\n", 0600);
  const Result result = Run({"status", "--token-file", path});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, IsEmpty());
  environment_["SLUICE_TOKEN_FILE"] = path;
  EXPECT_EQ(Run({"status"}).exit_code, 0);
}

TEST_F(TokenTest, TheFlagWinsOverTheVariables) {
  environment_["SLUICE_TOKEN"] = "sla_wrong";
  environment_["SLUICE_TOKEN_FILE"] = "/nonexistent";
  EXPECT_EQ(Run({"status", "--token-file", WriteToken(kToken, 0600)}).exit_code, 0);
}

TEST_F(TokenTest, WarnsWhereEveryoneCanReadIt) {
  const Result result = Run({"status", "--token-file", WriteToken(kToken, 0644)});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("warning: every user of this machine can read the token file"));
}

TEST_F(TokenTest, SaysWhatIsWrongWithIt) {
  ExpectRefused(Run({"status"}), 2, "there is no admin token: give --token-file");
  ExpectRefused(Run({"status", "--token-file", folder_.File("none")}), 1, "does not exist");
  ExpectRefused(Run({"status", "--token-file", folder_.path()}), 1, "cannot read the token file");
  ExpectRefused(Run({"status", "--token-file", WriteToken(" \n", 0600)}), 1, "is empty");
  const Result result = Run({"status", "--token-file", WriteToken("canary\ntwo", 0600)});
  ExpectRefused(result, 1, "does not hold an admin token");
  EXPECT_THAT(result.err, Not(HasSubstr("canary")));
  EXPECT_EQ(requests(), 0u);
}

TEST_F(TokenTest, AWrongOneIsNotShown) {
  environment_["SLUICE_TOKEN"] = "sla_canary";
  const Result result = Run({"status"});
  ExpectRefused(result, 1, "does not accept the token from the variable SLUICE_TOKEN");
  EXPECT_THAT(result.err, Not(HasSubstr("canary")));
}

TEST_F(CommandLineTest, PassesTheControlPlanesSentenceOn) {
  for (const auto code :
       {FailureCode::kInvalidArgument, FailureCode::kNotFound, FailureCode::kAlreadyExists,
        FailureCode::kFailedPrecondition, FailureCode::kAborted}) {
    Fail(code, "provider \"x\": base_url \"file:///\" is\nnot http");
    const Result result = Run({"provider", "get", "x"});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_EQ(result.err, "sluicectl: provider \"x\": base_url \"file:///\" is not http\n");
  }
}

TEST_F(CommandLineTest, ExplainsWhatTheTransportSays) {
  Fail(FailureCode::kUnimplemented, "");
  ExpectRefused(Run({"status"}), 1, "does not know this command");
  Fail(FailureCode::kInternal, "disk I/O error");
  ExpectRefused(Run({"status"}), 1, "failed (disk I/O error); look at its log");
  Fail(FailureCode::kPermissionDenied, "read only");
  ExpectRefused(Run({"status"}), 1, "may not do this: read only");
  // A deadline of a call is not "not acknowledged in time".
  Fail(FailureCode::kDeadlineExceeded, "x");
  ExpectRefused(Run({"status", "--timeout", "5s"}), 1, "did not answer within 5s");
}

}  // namespace
}  // namespace sluice::cli
