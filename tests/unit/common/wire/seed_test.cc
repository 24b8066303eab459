#include "common/wire/seed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "common/base/file.h"
#include "common/base/text.h"
#include "common/crypto/aead.h"
#include "tests/support/temp_folder.h"

namespace sluice::wire {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kHeader = "sluice seed 1\n";

base::Secret Key(char c = 'k') { return base::Secret(std::string(32, c)); }

Seed SomeSeed() {
  return {"epoch", 42, std::string(32, 'h'), "line\0age",
          base::Secret(std::string("sk-\0canary", 10))};
}

std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

TEST(SeedTest, ComesBackAsItWasSealed) {
  const std::string file = SealSeed(Key(), SomeSeed());
  EXPECT_THAT(file, Not(HasSubstr("canary")));
  EXPECT_THAT(file, Not(HasSubstr("epoch")));
  const auto seed = OpenSeed(Key(), file);
  ASSERT_TRUE(seed.ok()) << seed.status();
  EXPECT_EQ(seed->epoch, "epoch");
  EXPECT_EQ(seed->revision, 42);
  EXPECT_EQ(seed->hash, SomeSeed().hash);
  EXPECT_EQ(seed->lineage, SomeSeed().lineage);
  EXPECT_EQ(seed->bytes.Reveal(), SomeSeed().bytes.Reveal());
  EXPECT_NE(SealSeed(Key(), SomeSeed()), file) << "a nonce was used twice";
}

TEST(SeedTest, AnotherKeyDoesNotOpenIt) {
  const absl::Status status = OpenSeed(Key('x'), SealSeed(Key(), SomeSeed())).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(MessageOf(status), HasSubstr("another seed key"));
}

TEST(SeedTest, EveryChangedByteAndEveryCutIsRefused) {
  const std::string file = SealSeed(Key(), SomeSeed());
  for (size_t i = 0; i < file.size(); ++i) {
    std::string changed = file;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(OpenSeed(Key(), changed).ok()) << "byte " << i;
    EXPECT_FALSE(OpenSeed(Key(), file.substr(0, i)).ok()) << "cut at " << i;
  }
  EXPECT_FALSE(OpenSeed(Key(), file + "x").ok());
}

TEST(SeedTest, SaysWhatItIsInstead) {
  EXPECT_THAT(MessageOf(OpenSeed(Key(), "").status()), HasSubstr("not a seed"));
  EXPECT_THAT(MessageOf(OpenSeed(Key(), "sluice seed 2\nabc").status()), HasSubstr("newer"));
}

// Someone who has the key may still not crash a node.
TEST(SeedTest, FieldsThatDoNotFitAreRefused) {
  const std::string number(8, '\xff');
  const std::string zero(8, '\0');
  for (const std::string& plain :
       {std::string(), std::string(7, 'x'), zero, zero + number, zero + zero + zero + zero,
        zero + zero + zero + zero + number + "abc", number + zero + zero + zero + zero,
        zero + zero + zero + zero + zero + "more"}) {
    const std::string file = base::Cat(kHeader, crypto::Seal(Key(), plain, kHeader));
    EXPECT_TRUE(absl::IsDataLoss(OpenSeed(Key(), file).status())) << plain.size();
  }
  const std::string empty =
      base::Cat(kHeader, crypto::Seal(Key(), zero + zero + zero + zero + zero, kHeader));
  EXPECT_TRUE(OpenSeed(Key(), empty).ok());
}

TEST(SeedKeyTest, IsMadeForTheOwnerAndReadBack) {
  const test::TempFolder folder;
  const std::string path = folder.File("seed.key");
  EXPECT_TRUE(absl::IsNotFound(ReadSeedKey(path).status()));
  const auto made = CreateSeedKey(path);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->Reveal().size(), crypto::kAeadKeyBytes);
  struct stat found {};
  ASSERT_EQ(stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
  EXPECT_EQ(ReadSeedKey(path)->Reveal(), made->Reveal());
  ASSERT_TRUE(base::WriteFileAtomically(path, std::string(32, '\x01')).ok());
  EXPECT_EQ(ReadSeedKey(path)->Reveal(), std::string(32, '\x01'));
}

TEST(SeedKeyTest, AnythingElseIsRefusedByName) {
  const test::TempFolder folder;
  const std::string path = folder.File("seed.key");
  for (const std::string& content :
       {std::string(), std::string(31, 'a'), std::string("c2hvcnQ="), std::string(2000, 'A')}) {
    ASSERT_TRUE(base::WriteFileAtomically(path, content).ok());
    const absl::Status status = ReadSeedKey(path).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(MessageOf(status), HasSubstr(path));
  }
}

}  // namespace
}  // namespace sluice::wire
