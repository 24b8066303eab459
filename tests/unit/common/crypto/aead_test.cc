#include "common/crypto/aead.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/escaping.h"
#include "common/crypto/digest.h"

namespace sluice::crypto {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

base::Secret NewKeyBytes() { return base::Secret(RandomBytes(kAeadKeyBytes)); }

TEST(Aead, OpensWhatItSealed) {
  const base::Secret key = NewKeyBytes();
  for (const size_t size : {size_t{0}, size_t{1}, size_t{16}, size_t{4096}, size_t{1'000'003}}) {
    SCOPED_TRACE(size);
    const std::string plaintext = RandomBytes(size);
    const std::string sealed = Seal(key, plaintext, "row 7");
    EXPECT_EQ(sealed.size(), 12 + size + 16);
    const absl::StatusOr<base::Secret> opened = Open(key, sealed, "row 7");
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(opened->Reveal(), plaintext);
  }
}

// A test vector of the GCM specification (test case 16), so that other implementations can open
// ours.
TEST(Aead, IsTheStandardAlgorithm) {
  const base::Secret key(
      absl::HexStringToBytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"));
  const std::string sealed = absl::HexStringToBytes(
      "cafebabefacedbaddecaf888"
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
      "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
      "76fc6ece0f4e1768cddf8853bb2d551b");
  const absl::StatusOr<base::Secret> opened =
      Open(key, sealed, absl::HexStringToBytes("feedfacedeadbeeffeedfacedeadbeefabaddad2"));
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(absl::BytesToHexString(std::string(opened->Reveal())),
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
            "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
}

TEST(Aead, NeverUsesANonceTwice) {
  const base::Secret key = NewKeyBytes();
  std::set<std::string> nonces;
  for (int i = 0; i < 1000; ++i) nonces.insert(Seal(key, "x", "").substr(0, 12));
  EXPECT_EQ(nonces.size(), 1000u);
}

TEST(Aead, HidesThePlaintext) {
  EXPECT_THAT(Seal(NewKeyBytes(), "sk-canary", ""), Not(HasSubstr("sk-canary")));
}

TEST(Aead, RefusesEveryChangedByte) {
  const base::Secret key = NewKeyBytes();
  const std::string sealed = Seal(key, "provider key", "place");
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_EQ(Open(key, changed, "place").status().code(), absl::StatusCode::kDataLoss) << i;
  }
}

TEST(Aead, RefusesEveryOtherLength) {
  const base::Secret key = NewKeyBytes();
  const std::string sealed = Seal(key, "provider key", "place");
  for (size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_EQ(Open(key, sealed.substr(0, size), "place").status().code(),
              absl::StatusCode::kDataLoss)
        << size;
  }
  EXPECT_FALSE(Open(key, sealed + "x", "place").ok());
}

TEST(Aead, RefusesAnotherKeyAndAnotherPlace) {
  const base::Secret key = NewKeyBytes();
  const std::string sealed = Seal(key, "provider key", "place");
  EXPECT_EQ(Open(NewKeyBytes(), sealed, "place").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Open(key, sealed, "another place").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Open(key, sealed, "").status().code(), absl::StatusCode::kDataLoss);
}

TEST(AeadDeathTest, HasNoUseForAKeyOfAnotherSize) {
  const base::Secret key(RandomBytes(16));
  EXPECT_DEATH(Seal(key, "x", ""), "32 bytes");
  EXPECT_DEATH(Open(key, std::string(40, 'x'), "").status().IgnoreError(), "32 bytes");
}

}  // namespace
}  // namespace sluice::crypto
