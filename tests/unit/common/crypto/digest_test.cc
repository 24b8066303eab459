#include "common/crypto/digest.h"

#include <gtest/gtest.h>

#include <set>

#include "absl/strings/escaping.h"

namespace sluice::crypto {
namespace {

// The examples of FIPS 180.
TEST(Sha256, MatchesThePublishedVectors) {
  const std::pair<std::string, std::string> kCases[] = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {std::string(1'000'000, 'a'),
       "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
  };
  for (const auto& [bytes, hex] : kCases) {
    EXPECT_EQ(absl::BytesToHexString(Sha256Bytes(bytes)), hex);
    const Sha256Digest digest = Sha256(bytes);
    EXPECT_EQ(std::string(digest.begin(), digest.end()), Sha256Bytes(bytes));
  }
}

TEST(RandomBytes, HasTheLengthAndDiffers) {
  EXPECT_EQ(RandomBytes(0), "");
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string bytes = RandomBytes(32);
    EXPECT_EQ(bytes.size(), 32u);
    seen.insert(bytes);
  }
  EXPECT_EQ(seen.size(), 100u);
}

TEST(RandomBase32, UsesItsWholeAlphabetAndNothingElse) {
  const std::string text = RandomBase32(10'000);
  EXPECT_EQ(text.size(), 10'000u);
  const std::set<char> letters(text.begin(), text.end());
  const std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  EXPECT_EQ(letters, std::set<char>(alphabet.begin(), alphabet.end()));
}

}  // namespace
}  // namespace sluice::crypto
