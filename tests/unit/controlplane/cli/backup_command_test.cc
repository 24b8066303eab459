// backup and node seed: bytes that no person reads.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>

#include "common/base/file.h"
#include "common/crypto/digest.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/controlplane/cli/command_fixture.h"

namespace sluice::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class BackupCommandTest : public CommandTest {
 protected:
  // Two chunks as a control plane sends them, then changed by the test.
  std::vector<admin::v1::BackupChunk> Chunks() const {
    std::vector<admin::v1::BackupChunk> chunks(2);
    chunks[0].set_revision(12);
    chunks[0].set_size(static_cast<int64_t>(bytes_.size()));
    chunks[0].set_bytes(bytes_.substr(0, 4));
    chunks[1].set_bytes(bytes_.substr(4));
    chunks[1].set_sha256(crypto::Sha256Bytes(bytes_));
    return chunks;
  }
  bool FolderIsEmpty() const { return std::filesystem::is_empty(folder_.path()); }

  const std::string bytes_ = std::string("SQLite\0\xff\n backup", 16);
  test::TempFolder folder_;
};

TEST_F(BackupCommandTest, WritesToStandardOutput) {
  Give(Chunks());
  const Result result = Run({"backup"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, bytes_);
  EXPECT_EQ(result.err, "backup of revision 12, 16 bytes\n");
}

TEST_F(BackupCommandTest, WritesAFileForItsOwnerOnly) {
  Give(Chunks());
  const std::string path = folder_.File("b");
  const Result result = Run({"backup", "--to", path});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "backup of revision 12, 16 bytes in " + path + "\n");
  EXPECT_EQ(*base::ReadFile(path), bytes_);
  struct stat found {};
  ASSERT_EQ(stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
  EXPECT_THAT(Run({"backup", "--to", path, "-o", "json"}).out, HasSubstr("\"revision\": 12"));
}

TEST_F(BackupCommandTest, ATerminalIsRefusedBeforeAnythingIsAsked) {
  out_is_tty_ = true;
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"backup"}, {"node", "seed"}}) {
    const Result result = Run(command);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.out, IsEmpty());
    EXPECT_THAT(result.err, HasSubstr("--to FILE"));
  }
  EXPECT_EQ(requests(), 0u);
}

TEST_F(BackupCommandTest, WhatDidNotArriveWholeIsNoFile) {
  const auto expect_broken = [&](const std::vector<admin::v1::BackupChunk>& chunks) {
    Give(chunks);
    const Result result = Run({"backup", "--to", folder_.File("b")});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.err, HasSubstr("did not arrive whole"));
    EXPECT_TRUE(FolderIsEmpty());
  };
  auto chunks = Chunks();
  chunks[1].mutable_bytes()->back() ^= 1;
  expect_broken(chunks);
  chunks = Chunks();
  chunks.pop_back();
  expect_broken(chunks);
  chunks = Chunks();
  chunks[1].clear_sha256();
  expect_broken(chunks);
  chunks = Chunks();
  chunks[0].set_size(17);
  expect_broken(chunks);
  expect_broken({});
}

TEST_F(BackupCommandTest, PassesTheReasonOnAndLeavesNothing) {
  Fail(FailureCode::kFailedPrecondition, "the disk is full");
  const Result result = Run({"backup", "--to", folder_.File("b")});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("the disk is full"));
  EXPECT_TRUE(FolderIsEmpty());
  EXPECT_THAT(Run({"backup", "--to", folder_.File("none/b")}).err,
              HasSubstr(folder_.File("none/b")));
}

TEST_F(BackupCommandTest, ASeedGoesToAFileOrStandardOutput) {
  Answer<admin::v1::CreateSeedResponse>("seed: 'sealed\\001' revision: 9");
  const Result piped = Run({"node", "seed"});
  EXPECT_EQ(piped.exit_code, 0) << piped.err;
  EXPECT_EQ(piped.out, "sealed\001");
  EXPECT_EQ(piped.err, "seed of revision 9\n");
  const std::string path = folder_.File("s");
  const Result filed = Run({"node", "seed", "--to", path});
  EXPECT_EQ(filed.out, "seed of revision 9 in " + path + "\n");
  EXPECT_EQ(*base::ReadFile(path), "sealed\001");
}

}  // namespace
}  // namespace sluice::cli
