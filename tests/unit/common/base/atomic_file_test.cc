#include "common/base/atomic_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "common/base/file.h"
#include "tests/support/temp_folder.h"

namespace sluice::base {
namespace {

size_t FilesIn(const std::string& folder) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) count += entry.exists();
  return count;
}

TEST(AtomicFileTest, AppearsWholeWithItsMode) {
  const test::TempFolder folder;
  const std::string path = folder.File("f");
  auto file = AtomicFile::Create(path, 0640);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE(file->Append("one ").ok());
  ASSERT_TRUE(file->Append("two").ok());
  EXPECT_TRUE(absl::IsNotFound(ReadFile(path).status())) << "it is there before it is whole";
  ASSERT_TRUE(file->Commit().ok());
  EXPECT_EQ(*ReadFile(path), "one two");
  struct stat found {};
  ASSERT_EQ(stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0640u);
  EXPECT_EQ(FilesIn(folder.path()), 1u);
}

TEST(AtomicFileTest, LeavesTheOldOneAloneUntilItIsCommitted) {
  const test::TempFolder folder;
  const std::string path = folder.File("f");
  ASSERT_TRUE(WriteFileAtomically(path, "old").ok());
  {
    auto file = AtomicFile::Create(path);
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE(file->Append("new").ok());
    const AtomicFile moved = *std::move(file);
    EXPECT_EQ(FilesIn(folder.path()), 2u);
  }
  EXPECT_EQ(*ReadFile(path), "old");
  EXPECT_EQ(FilesIn(folder.path()), 1u) << "the temporary file stayed";
}

TEST(AtomicFileTest, ErrorsNameThePath) {
  const test::TempFolder folder;
  const absl::Status missing = AtomicFile::Create(folder.File("none/f")).status();
  EXPECT_TRUE(absl::IsNotFound(missing)) << missing;
  EXPECT_THAT(std::string(missing.message()), ::testing::HasSubstr(folder.File("none/f")));
  auto file = AtomicFile::Create(folder.File("f"));
  ASSERT_TRUE(file.ok());
  // A folder of that name cannot be replaced by a file.
  ASSERT_TRUE(MakeFolder(folder.File("f")).ok());
  const absl::Status taken = file->Commit();
  EXPECT_THAT(std::string(taken.message()), ::testing::HasSubstr(folder.File("f")));
}

}  // namespace
}  // namespace sluice::base
