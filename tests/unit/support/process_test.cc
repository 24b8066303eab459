#include "tests/support/process.h"

#include <filesystem>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/port_file.h"
#include "tests/support/temp_folder.h"

namespace sluice::test {
namespace {

using ::testing::HasSubstr;

ProcessOptions Shell(const std::string& script) {
  ProcessOptions options;
  options.program = "/bin/sh";
  options.args = {"-c", script};
  return options;
}

TEST(ProcessTest, GivesOutputInputAndExitCode) {
  ProcessOptions options = Shell("cat; echo $GIVEN >&2; test -z \"$HOME\" && exit 3");
  options.input = "from the test";
  options.env = {"GIVEN=env"};
  options.unset = {"HOME"};
  const auto finished = RunProgram(options);
  ASSERT_TRUE(finished.ok()) << finished.status();
  EXPECT_EQ(finished->exit_code, 3);
  EXPECT_EQ(finished->out, "from the test");
  EXPECT_EQ(finished->err, "env\n");
}

TEST(ProcessTest, AMissingProgramIsAnError) {
  ProcessOptions options;
  options.program = "/no/such/program";
  const auto process = Process::Start(options);
  EXPECT_THAT(std::string(process.status().message()), HasSubstr("/no/such/program: No such file"));
}

TEST(ProcessTest, SignalsReachIt) {
  auto process = Process::Start(Shell("exec sleep 600"));
  ASSERT_TRUE(process.ok());
  EXPECT_TRUE((*process)->running());
  EXPECT_GT((*process)->RssBytes(), 0u);
  (*process)->Stop();
  EXPECT_FALSE((*process)->Wait(Deadline(std::chrono::milliseconds(20))).has_value());
  (*process)->Continue();
  EXPECT_EQ((*process)->Terminate(), 128 + SIGTERM);
  auto killed = Process::Start(Shell("trap '' TERM; while :; do sleep 600; done"));
  ASSERT_TRUE(killed.ok());
  (*killed)->Kill();
  EXPECT_EQ((*killed)->Wait(), 128 + SIGKILL);
}

TEST(ProcessTest, EndsWithItsObject) {
  auto process = Process::Start(Shell("exec sleep 600"));
  ASSERT_TRUE(process.ok());
  const pid_t pid = (*process)->pid();
  process->reset();
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST(ProcessTest, ARunThatTakesTooLongIsKilled) {
  const auto finished =
      RunProgram(Shell("echo why >&2; exec sleep 600"), Deadline(std::chrono::milliseconds(2000)));
  EXPECT_TRUE(absl::IsDeadlineExceeded(finished.status()));
  EXPECT_THAT(std::string(finished.status().message()), HasSubstr("why"));
}

TEST(PortFileTest, TellsWhyAProgramEndedWithoutPorts) {
  const TempFolder folder;
  ProcessOptions options = Shell("echo no luck >&2; exit 4");
  options.stderr_path = folder.File("err");
  auto process = Process::Start(options);
  ASSERT_TRUE(process.ok());
  const auto ports = WaitForPorts(folder.File("ports"), process->get());
  EXPECT_THAT(std::string(ports.status().message()),
              ::testing::AllOf(HasSubstr("code 4"), HasSubstr("no luck")));
}

TEST(PortFileTest, WaitsForAWholeFile) {
  const TempFolder folder;
  auto process = Process::Start(
      Shell("cd " + folder.path() +
            "; printf '{\"grpc\":1' > p; sleep 0.1; printf ',\"ops\":65535}' >> p; sleep 600"));
  ASSERT_TRUE(process.ok());
  const auto ports = WaitForPorts(folder.File("p"), process->get());
  ASSERT_TRUE(ports.ok()) << ports.status();
  EXPECT_EQ(ports->at("grpc"), 1);
  EXPECT_EQ(ports->at("ops"), 65535);
}

TEST(TempFolderTest, IsGoneAfterwards) {
  std::string path;
  {
    const TempFolder folder;
    path = folder.path();
    std::filesystem::create_directories(folder.File("a/b"));
    EXPECT_TRUE(std::filesystem::exists(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace sluice::test
