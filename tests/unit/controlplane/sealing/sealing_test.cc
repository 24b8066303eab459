#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "common/base/file.h"
#include "controlplane/sealing/master_key.h"
#include "controlplane/sealing/sealer.h"
#include "tests/support/temp_folder.h"

namespace sluice::sealing {
namespace {

constexpr char kCanary[] = "sk-canary-0123456789";

Sealer SealerOf(char fill) { return Sealer(base::Secret(std::string(32, fill))); }

TEST(MasterKeyTest, ANewKeyIsReadBackAndForTheOwnerOnly) {
  const test::TempFolder folder;
  auto made = CreateMasterKey(folder.File("master.key"));
  ASSERT_TRUE(made.ok()) << made.status();
  auto read = ReadMasterKey(folder.File("master.key"));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(read->Equals(made->Reveal()));
  struct stat found {};
  ASSERT_EQ(stat(folder.File("master.key").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
}

TEST(MasterKeyTest, AnExistingFileIsNeverReplaced) {
  const test::TempFolder folder;
  ASSERT_TRUE(base::WriteFileAtomically(folder.File("k"), "precious").ok());
  EXPECT_TRUE(absl::IsAlreadyExists(CreateMasterKey(folder.File("k")).status()));
  EXPECT_EQ(*base::ReadFile(folder.File("k")), "precious");
}

TEST(MasterKeyTest, RawBytesAndBase64AreTaken) {
  const test::TempFolder folder;
  ASSERT_TRUE(base::WriteFileAtomically(folder.File("raw"), std::string(32, 'k')).ok());
  ASSERT_TRUE(base::WriteFileAtomically(folder.File("base64"),
                                        "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=\r\n")
                  .ok());
  EXPECT_TRUE(ReadMasterKey(folder.File("raw"))->Equals(std::string(32, 'k')));
  EXPECT_TRUE(ReadMasterKey(folder.File("base64"))->Equals(std::string(32, 'k')));
}

TEST(MasterKeyTest, OtherContentIsRefusedByPathAndNotShown) {
  const test::TempFolder folder;
  for (const char* content : {"", "too short", "a2tra2s=", kCanary}) {
    ASSERT_TRUE(base::WriteFileAtomically(folder.File("k"), content).ok());
    const absl::Status status = ReadMasterKey(folder.File("k")).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << content;
    EXPECT_NE(std::string(status.message()).find(folder.File("k")), std::string::npos);
    EXPECT_EQ(std::string(status.message()).find(kCanary), std::string::npos);
  }
  EXPECT_TRUE(absl::IsNotFound(ReadMasterKey(folder.File("none")).status()));
}

TEST(SealerTest, OpensWhatItSealedForThatRowOnly) {
  const Sealer sealer = SealerOf('a');
  const std::string sealed = sealer.SealProviderKey("pk_1", base::Secret(std::string(kCanary)));
  EXPECT_EQ(sealed.find(kCanary), std::string::npos);
  auto opened = sealer.OpenProviderKey("pk_1", sealed);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_TRUE(opened->Equals(kCanary));
  EXPECT_TRUE(absl::IsDataLoss(sealer.OpenProviderKey("pk_2", sealed).status()));
  EXPECT_TRUE(absl::IsDataLoss(SealerOf('b').OpenProviderKey("pk_1", sealed).status()));
  std::string changed = sealed;
  changed.back() ^= 1;
  EXPECT_TRUE(absl::IsDataLoss(sealer.OpenProviderKey("pk_1", changed).status()));
}

TEST(SealerTest, TheCheckValueTellsMasterKeysApart) {
  const std::string check = SealerOf('a').MakeCheckValue();
  EXPECT_TRUE(SealerOf('a').Matches(check));
  EXPECT_FALSE(SealerOf('b').Matches(check));
  EXPECT_FALSE(SealerOf('a').Matches(""));
  // A sealed provider key is no check value.
  EXPECT_FALSE(SealerOf('a').Matches(
      SealerOf('a').SealProviderKey("key_check", base::Secret(std::string("sluice")))));
}

}  // namespace
}  // namespace sluice::sealing
