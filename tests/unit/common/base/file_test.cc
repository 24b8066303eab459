#include "common/base/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/support/temp_folder.h"

namespace sluice::base {
namespace {

using ::testing::HasSubstr;

mode_t ModeOf(const std::string& path) {
  struct stat found = {};
  EXPECT_EQ(stat(path.c_str(), &found), 0) << path;
  return found.st_mode & 07777;
}

ino_t InodeOf(const std::string& path) {
  struct stat found = {};
  EXPECT_EQ(stat(path.c_str(), &found), 0) << path;
  return found.st_ino;
}

size_t EntriesOf(const std::string& folder) {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder),
                                           std::filesystem::directory_iterator()));
}

std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

// While it lives, a write that would make a file longer than `bytes` fails, as on a full disk.
class ShortDisk {
 public:
  explicit ShortDisk(rlim_t bytes) {
    handler_ = signal(SIGXFSZ, SIG_IGN);
    EXPECT_EQ(getrlimit(RLIMIT_FSIZE, &before_), 0);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  }
  ~ShortDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, handler_);
  }
  ShortDisk(const ShortDisk&) = delete;
  ShortDisk& operator=(const ShortDisk&) = delete;

 private:
  rlimit before_ = {};
  sighandler_t handler_ = SIG_DFL;
};

TEST(WriteFileAtomically, WritesEveryByteForTheOwnerAlone) {
  const test::TempFolder folder;
  const std::string path = folder.File("x");
  const std::string bytes("\0a\nb\xff", 5);
  ASSERT_TRUE(WriteFileAtomically(path, bytes).ok());
  EXPECT_EQ(*ReadFile(path), bytes);
  EXPECT_EQ(ModeOf(path), 0600u);
  EXPECT_EQ(EntriesOf(folder.path()), 1u);
}

TEST(WriteFileAtomically, GivesTheModeItIsTold) {
  const test::TempFolder folder;
  const mode_t before = umask(077);
  const absl::Status written = WriteFileAtomically(folder.File("x"), "", 0644);
  umask(before);
  ASSERT_TRUE(written.ok()) << written;
  EXPECT_EQ(ModeOf(folder.File("x")), 0644u);
}

TEST(WriteFileAtomically, ReplacesByANewFileWithTheNewMode) {
  const test::TempFolder folder;
  const std::string path = folder.File("x");
  ASSERT_TRUE(WriteFileAtomically(path, "old", 0644).ok());
  // A reader that has the old file open must keep it whole.
  ASSERT_EQ(link(path.c_str(), folder.File("old").c_str()), 0);
  const ino_t old = InodeOf(path);
  ASSERT_TRUE(WriteFileAtomically(path, "new").ok());
  EXPECT_NE(InodeOf(path), old);
  EXPECT_EQ(*ReadFile(path), "new");
  EXPECT_EQ(*ReadFile(folder.File("old")), "old");
  EXPECT_EQ(ModeOf(path), 0600u);
}

TEST(WriteFileAtomically, LeavesTheOldContentWhenTheDiskIsFull) {
  const test::TempFolder folder;
  const std::string path = folder.File("x");
  ASSERT_TRUE(WriteFileAtomically(path, "old").ok());
  absl::Status written;
  {
    const ShortDisk disk(1000);
    written = WriteFileAtomically(path, std::string(5000, 'n'));
  }
  ASSERT_FALSE(written.ok());
  EXPECT_THAT(MessageOf(written), HasSubstr(path));
  EXPECT_THAT(MessageOf(written), HasSubstr("File too large"));
  EXPECT_EQ(*ReadFile(path), "old");
  EXPECT_EQ(EntriesOf(folder.path()), 1u) << "a temporary file was left";
}

TEST(WriteFileAtomically, NamesThePathInAFolderThatIsMissing) {
  const test::TempFolder folder;
  const std::string path = folder.File("missing/x");
  const absl::Status written = WriteFileAtomically(path, "a");
  EXPECT_EQ(written.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(MessageOf(written), HasSubstr(path));
}

TEST(WriteFileAtomically, RefusesAFolderInItsPlaceAndCleansUp) {
  const test::TempFolder folder;
  ASSERT_TRUE(MakeFolder(folder.File("x/y")).ok());
  const absl::Status written = WriteFileAtomically(folder.File("x"), "a");
  EXPECT_FALSE(written.ok());
  EXPECT_THAT(MessageOf(written), HasSubstr(folder.File("x")));
  EXPECT_EQ(EntriesOf(folder.path()), 1u);
}

TEST(ReadFile, SaysNotFoundWithThePath) {
  const test::TempFolder folder;
  const absl::StatusOr<std::string> read = ReadFile(folder.File("missing"));
  EXPECT_EQ(read.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(MessageOf(read.status()), HasSubstr(folder.File("missing")));
}

TEST(ReadFile, NamesWhatIsNoFile) {
  const test::TempFolder folder;
  const absl::StatusOr<std::string> read = ReadFile(folder.path());
  EXPECT_FALSE(read.ok());
  EXPECT_THAT(MessageOf(read.status()), HasSubstr(folder.path()));
  EXPECT_THAT(MessageOf(read.status()), HasSubstr("Is a directory"));
}

TEST(ReadFile, RefusesOneByteTooMany) {
  const test::TempFolder folder;
  const std::string path = folder.File("x");
  for (const size_t size : {size_t{0}, size_t{10}, size_t{65536}, size_t{200'000}}) {
    SCOPED_TRACE(size);
    const std::string bytes(size, 'x');
    ASSERT_TRUE(WriteFileAtomically(path, bytes).ok());
    const absl::StatusOr<std::string> whole = ReadFile(path, size);
    ASSERT_TRUE(whole.ok()) << whole.status();
    EXPECT_EQ(*whole, bytes);
    if (size == 0) continue;
    const absl::StatusOr<std::string> refused = ReadFile(path, size - 1);
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(MessageOf(refused.status()), HasSubstr(path));
    EXPECT_THAT(MessageOf(refused.status()), HasSubstr("more than " + std::to_string(size - 1)));
  }
}

TEST(MakeFolder, MakesParentsWithTheModeAndTakesWhatIsThere) {
  const test::TempFolder folder;
  for (const std::string name : {"a/b/c", "a/b/c", "a/b/c/", "a//d"}) {
    const absl::Status made = MakeFolder(folder.File(name));
    EXPECT_TRUE(made.ok()) << made;
  }
  EXPECT_EQ(ModeOf(folder.File("a")), 0700u);
  EXPECT_EQ(ModeOf(folder.File("a/b/c")), 0700u);
  EXPECT_EQ(ModeOf(folder.File("a/d")), 0700u);
}

TEST(MakeFolder, SaysThatAFileIsInTheWay) {
  const test::TempFolder folder;
  ASSERT_TRUE(WriteFileAtomically(folder.File("x"), "").ok());
  for (const std::string name : {"x", "x/y"}) {
    const absl::Status made = MakeFolder(folder.File(name));
    EXPECT_FALSE(made.ok());
    EXPECT_THAT(MessageOf(made), HasSubstr(folder.File("x")));
    EXPECT_THAT(MessageOf(made), HasSubstr("in the way"));
  }
  EXPECT_FALSE(MakeFolder("").ok());
}

}  // namespace
}  // namespace sluice::base
