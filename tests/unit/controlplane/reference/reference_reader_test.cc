#include "controlplane/reference/reference_reader.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "common/base/file.h"
#include "common/base/text.h"
#include "tests/support/deadline.h"
#include "tests/support/temp_folder.h"

namespace sluice::reference {
namespace {

using config::v1::SecretReference;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kCanary[] = "sk-canary-0123456789";

class ReferenceReaderTest : public ::testing::Test {
 protected:
  static SecretReference File(const std::string& path) {
    SecretReference reference;
    reference.set_file(path);
    return reference;
  }
  static SecretReference Env(const std::string& name) {
    SecretReference reference;
    reference.set_env(name);
    return reference;
  }
  static SecretReference Exec(const std::vector<std::string>& argv) {
    SecretReference reference;
    reference.mutable_exec();
    for (const std::string& word : argv) reference.mutable_exec()->add_argv(word);
    return reference;
  }
  std::string Write(const std::string& name, const std::string& text) {
    EXPECT_TRUE(base::WriteFileAtomically(folder_.File(name), text).ok());
    return folder_.File(name);
  }
  // A program that is allowed from then on.
  std::string Script(const std::string& body) {
    const std::string path =
        Write(base::Cat("program", options_.programs.size()), base::Cat("#!/bin/sh\n", body, "\n"));
    EXPECT_EQ(chmod(path.c_str(), 0700), 0);
    options_.programs.push_back(path);
    return path;
  }
  absl::StatusOr<base::Secret> Read(const SecretReference& reference) {
    return ReferenceReader(options_).Read(reference);
  }
  std::string Text(const SecretReference& reference) {
    const auto read = Read(reference);
    return read.ok() ? std::string(read->Reveal()) : read.status().ToString();
  }
  std::string Why(const SecretReference& reference) {
    const auto read = Read(reference);
    EXPECT_FALSE(read.ok());
    EXPECT_THAT(std::string(read.status().message()), Not(HasSubstr("canary")));
    return std::string(read.status().message());
  }

  test::TempFolder folder_;
  ReaderOptions options_;
};

TEST_F(ReferenceReaderTest, ReadsAVariableAFileAndAProgram) {
  setenv("REFERENCE_TEST_KEY", kCanary, 1);
  EXPECT_EQ(Text(Env("REFERENCE_TEST_KEY")), kCanary);
  EXPECT_EQ(Text(File(Write("key", base::Cat(kCanary, "\r\n")))), kCanary);
  EXPECT_EQ(Text(Exec({Script("echo \"$1\""), kCanary})), kCanary);
  EXPECT_EQ(Text(Exec({Script("printf %s \"$1\""), kCanary})), kCanary);
  unsetenv("REFERENCE_TEST_KEY");
}

TEST_F(ReferenceReaderTest, WhatIsMissingOrEmptyOrTooLongIsNamed) {
  EXPECT_THAT(Why(Env("REFERENCE_TEST_NONE")), HasSubstr("REFERENCE_TEST_NONE"));
  EXPECT_THAT(Why(File(folder_.File("none"))), HasSubstr(folder_.File("none")));
  EXPECT_THAT(Why(File(Write("empty", "\n"))), HasSubstr("gives nothing"));
  EXPECT_THAT(Why(File(Write("long", std::string(5000, 'x')))), HasSubstr("more than a key"));
  EXPECT_THAT(Why(SecretReference()), HasSubstr("leads nowhere"));
  EXPECT_THAT(Why(Exec({})), HasSubstr("names no program"));
}

TEST_F(ReferenceReaderTest, OnlyOrdinaryFilesAreRead) {
  EXPECT_THAT(Why(File(folder_.path())), HasSubstr("no ordinary file"));
  EXPECT_THAT(Why(File("/dev/zero")), HasSubstr("no ordinary file"));
  ASSERT_EQ(mkfifo(folder_.File("fifo").c_str(), 0600), 0);
  EXPECT_THAT(Why(File(folder_.File("fifo"))), HasSubstr("no ordinary file"));
}

TEST_F(ReferenceReaderTest, TheControlPlanesOwnFilesAreRefusedOverLinksToo) {
  ASSERT_TRUE(base::MakeFolder(folder_.File("state")).ok());
  const std::string token = Write("state/admin.token", kCanary);
  const std::string key = Write("master.key", kCanary);
  std::filesystem::create_symlink(token, folder_.File("link"));
  options_.own_paths = {folder_.File("state"), key};
  for (const std::string& path :
       {token, key, folder_.File("link"), folder_.File("state/../state/admin.token")}) {
    EXPECT_THAT(Why(File(path)), HasSubstr("the control plane's own")) << path;
  }
  EXPECT_EQ(Text(File(Write("stateful", "sk-other"))), "sk-other");
}

TEST_F(ReferenceReaderTest, OnlyAllowedProgramsAreRun) {
  const std::string program = Script("touch " + folder_.File("ran"));
  options_.programs.clear();
  EXPECT_THAT(Why(Exec({program})), AllOf(HasSubstr("--allow-secret-program"), HasSubstr(program)));
  EXPECT_FALSE(std::filesystem::exists(folder_.File("ran")));
}

TEST_F(ReferenceReaderTest, ThereIsNoShell) {
  EXPECT_EQ(Text(Exec({Script("printf %s \"$1\""), "$HOME;`id`"})), "$HOME;`id`");
}

TEST_F(ReferenceReaderTest, AProgramGetsNoSecretAndNoOpenFile) {
  setenv("REFERENCE_TEST_KEY", kCanary, 1);
  const int open_file = open("/dev/null", O_RDONLY);  // on purpose not to be closed at exec
  EXPECT_EQ(Text(Exec({Script("env | grep -c REFERENCE_TEST_KEY; true")})), "0");
  EXPECT_EQ(Text(Exec({Script("ls /proc/self/fd | tr '\\n' ' '")})), "0 1 2 3 ");
  EXPECT_EQ(Text(Exec({Script("readlink /proc/$$/fd/0")})), "/dev/null");
  close(open_file);
  unsetenv("REFERENCE_TEST_KEY");
}

TEST_F(ReferenceReaderTest, AProgramThatFailsIsNamedWithoutWhatItPrinted) {
  EXPECT_THAT(Why(Exec({Script(base::Cat("echo ", kCanary, "; exit 3"))})),
              HasSubstr("ended with exit code 3"));
  EXPECT_THAT(Why(Exec({Script("kill -9 $$")})), HasSubstr("ended by signal 9"));
  options_.programs.push_back("/nonexistent/program");
  EXPECT_THAT(Why(Exec({"/nonexistent/program"})), HasSubstr("cannot be run"));
  EXPECT_THAT(Why(Exec({Script("yes")})), HasSubstr("prints more than a key"));
}

TEST_F(ReferenceReaderTest, AtTheLimitAProgramAndWhatItStartedAreKilled) {
  options_.program_limit = absl::Milliseconds(300);
  const std::string pid_file = folder_.File("pid");
  const std::string program =
      Script(base::Cat("sleep 1000 & echo $! > ", pid_file, "; sleep 1000"));
  EXPECT_THAT(Why(Exec({program})), HasSubstr("did not end within 300ms"));
  const pid_t left = atoi(base::ReadFile(pid_file).value_or("0").c_str());
  ASSERT_GT(left, 0);
  // Gone, or a zombie that waits for whoever inherits it.
  EXPECT_TRUE(test::Eventually([&] {
    const std::string stat = base::ReadFile(base::Cat("/proc/", left, "/stat")).value_or("gone) Z");
    return stat.find(") Z") != std::string::npos;
  }));
}

TEST_F(ReferenceReaderTest, WhatAProgramLeavesRunningIsNotWaitedFor) {
  const absl::Time began = absl::Now();
  EXPECT_EQ(Text(Exec({Script(base::Cat("sleep 1000 & echo ", kCanary))})), kCanary);
  EXPECT_LT(absl::Now() - began, kProgramLimit);
}

}  // namespace
}  // namespace sluice::reference
