#include "common/base/flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <optional>
#include <vector>

#include "common/base/file.h"
#include "tests/support/temp_folder.h"

namespace sluice::base {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Set while the object lives.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    setenv(name, value.c_str(), 1);
  }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

struct Flags {
  std::string listen = "127.0.0.1:8080";
  std::string labels;
  int workers = 2;
  bool insecure = false;
};

struct Parsed {
  int code;
  Flags flags;
  std::string out;
  std::string err;
};

// As a server's main does it.
Parsed Parse(std::vector<std::string> arguments) {
  Parsed parsed;
  CLI::App app("A server for tests");
  PrepareFlags(app);
  app.add_option("-l,--listen", parsed.flags.listen, "Address");
  app.add_option("--node-labels", parsed.flags.labels, "Labels");
  app.add_option("--workers", parsed.flags.workers, "Threads")->check(CLI::Range(1, 64));
  app.add_flag("--insecure", parsed.flags.insecure, "Plaintext");
  AddEnvironmentTwins(app);
  arguments.insert(arguments.begin(), "/usr/bin/sluice-test");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  parsed.code = ParseFlags(app, static_cast<int>(arguments.size()), argv.data());
  parsed.out = testing::internal::GetCapturedStdout();
  parsed.err = testing::internal::GetCapturedStderr();
  return parsed;
}

class FlagsTest : public testing::Test {
 protected:
  std::string ConfigFile(const std::string& text) {
    EXPECT_TRUE(WriteFileAtomically(folder_.File("sluice.conf"), text).ok());
    return folder_.File("sluice.conf");
  }

 private:
  test::TempFolder folder_;
};

TEST_F(FlagsTest, KeepsDefaultsWithoutAnything) {
  const Parsed parsed = Parse({});
  EXPECT_EQ(parsed.code, -1) << parsed.err;
  EXPECT_EQ(parsed.flags.listen, "127.0.0.1:8080");
  EXPECT_EQ(parsed.flags.workers, 2);
  EXPECT_FALSE(parsed.flags.insecure);
  EXPECT_THAT(parsed.err, IsEmpty());
}

TEST_F(FlagsTest, CommandLineBeatsEnvironmentBeatsFile) {
  struct Case {
    std::optional<std::string> argument, variable, line;
    std::string expected;
  };
  const Case kCases[] = {
      {"a:1", "b:2", "c:3", "a:1"},
      {"a:1", std::nullopt, "c:3", "a:1"},
      {std::nullopt, "b:2", "c:3", "b:2"},
      {std::nullopt, "b:2", std::nullopt, "b:2"},
      {std::nullopt, std::nullopt, "c:3", "c:3"},
      {std::nullopt, "", "c:3", "c:3"},
  };
  for (const Case& one : kCases) {
    SCOPED_TRACE(one.expected);
    std::vector<std::string> arguments = {
        "--config", ConfigFile(one.line ? "listen = " + *one.line + "\n" : "# nothing\n")};
    if (one.argument) arguments.push_back("--listen=" + *one.argument);
    std::optional<Variable> variable;
    if (one.variable) variable.emplace("SLUICE_LISTEN", *one.variable);
    const Parsed parsed = Parse(arguments);
    EXPECT_EQ(parsed.code, -1) << parsed.err;
    EXPECT_EQ(parsed.flags.listen, one.expected);
  }
}

TEST_F(FlagsTest, FileTakesValuesAsTheyStand) {
  const std::string file = ConfigFile(
      "# a comment\n\n  node-labels =  zone=a,rack=b 7 # \"x\"  \r\nworkers=8\ninsecure = true\n");
  const Parsed parsed = Parse({"--config=" + file});
  EXPECT_EQ(parsed.code, -1) << parsed.err;
  EXPECT_EQ(parsed.flags.labels, "zone=a,rack=b 7 # \"x\"");
  EXPECT_EQ(parsed.flags.workers, 8);
  EXPECT_TRUE(parsed.flags.insecure);
}

TEST_F(FlagsTest, EnvironmentReachesEveryFlagAndTheFile) {
  const std::string file = ConfigFile("workers = 5\n");
  const Variable config("SLUICE_CONFIG", file);
  const Variable labels("SLUICE_NODE_LABELS", "zone=b,rack=c");
  const Variable insecure("SLUICE_INSECURE", "true");
  const Parsed parsed = Parse({});
  EXPECT_EQ(parsed.code, -1) << parsed.err;
  EXPECT_EQ(parsed.flags.workers, 5);
  EXPECT_EQ(parsed.flags.labels, "zone=b,rack=c");
  EXPECT_TRUE(parsed.flags.insecure);
}

TEST_F(FlagsTest, CommandLineChoosesTheFileOverTheEnvironment) {
  const std::string file = ConfigFile("workers = 5\n");
  const Variable config("SLUICE_CONFIG", "/nonexistent/sluice.conf");
  EXPECT_EQ(Parse({"--config", file}).flags.workers, 5);
  EXPECT_EQ(Parse({}).code, 2);
}

TEST_F(FlagsTest, NamesWhatIsWrong) {
  struct Case {
    std::vector<std::string> arguments;
    std::string line;
    std::vector<std::string> named;
  };
  const Case kCases[] = {
      {{"--wrokers", "3"}, "", {"--wrokers"}},
      {{"--workers", "x"}, "", {"--workers", "x"}},
      {{"--workers", "65"}, "", {"--workers", "65", "1", "64"}},
      {{"--workers"}, "", {"--workers"}},
      {{"--listen", "a:1", "--listen", "b:2"}, "", {"--listen"}},
      {{"stray"}, "", {"stray"}},
      {{}, "wrokers = 3", {"line 1", "sluice.conf", "\"wrokers\""}},
      {{}, "\nversion = 3", {"line 2", "sluice.conf", "\"version\""}},
      {{}, "help = true", {"line 1", "\"help\""}},
      {{}, "config = /etc/other", {"line 1", "\"config\""}},
      {{}, "= 3", {"line 1", "\"\""}},
      {{}, "workers 3", {"line 1", "`flag = value`"}},
      {{}, "[section]", {"line 1", "`flag = value`"}},
      {{}, "workers = 3\nworkers = 4", {"line 2", "\"workers\" a second time"}},
      {{}, "workers = x", {"--workers", "x", "sluice.conf"}},
  };
  for (const Case& one : kCases) {
    SCOPED_TRACE(one.line);
    std::vector<std::string> arguments = one.arguments;
    if (!one.line.empty()) arguments.push_back("--config=" + ConfigFile(one.line + "\n"));
    const Parsed parsed = Parse(arguments);
    EXPECT_EQ(parsed.code, 2);
    EXPECT_THAT(parsed.out, IsEmpty());
    EXPECT_THAT(parsed.err, HasSubstr("sluice-test: "));
    for (const std::string& named : one.named) EXPECT_THAT(parsed.err, HasSubstr(named));
  }
}

TEST_F(FlagsTest, NamesTheVariableThatIsWrong) {
  for (const std::string value : {"x", "65", "-1"}) {
    const Variable workers("SLUICE_WORKERS", value);
    const Parsed parsed = Parse({});
    EXPECT_EQ(parsed.code, 2);
    EXPECT_THAT(parsed.err, HasSubstr("SLUICE_WORKERS"));
    EXPECT_THAT(parsed.err, HasSubstr(value));
  }
  const Variable workers("SLUICE_WORKERS", "3");
  EXPECT_THAT(Parse({"--workers", "x"}).err, testing::Not(HasSubstr("SLUICE_WORKERS")));
}

TEST_F(FlagsTest, NamesAFileThatCannotBeRead) {
  for (const std::string path : {"/nonexistent/sluice.conf", "/tmp"}) {
    const Parsed parsed = Parse({"--config", path});
    EXPECT_EQ(parsed.code, 2);
    EXPECT_THAT(parsed.err, HasSubstr(path));
  }
}

TEST_F(FlagsTest, HelpAndVersionGoToStandardOutput) {
  for (const std::string flag : {"-h", "--help"}) {
    const Parsed help = Parse({flag});
    EXPECT_EQ(help.code, 0);
    EXPECT_THAT(help.out, HasSubstr("--node-labels"));
    EXPECT_THAT(help.out, HasSubstr("SLUICE_NODE_LABELS"));
    EXPECT_THAT(help.out, HasSubstr("SLUICE_CONFIG"));
    EXPECT_THAT(help.err, IsEmpty());
  }
  const Parsed version = Parse({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_THAT(version.out, HasSubstr(SLUICE_VERSION));
}

}  // namespace
}  // namespace sluice::base
