#include "common/crypto/key_text.h"

#include <gtest/gtest.h>

#include <set>

#include "common/crypto/digest.h"

namespace sluice::crypto {
namespace {

TEST(MintKey, HasTheDocumentedShape) {
  for (const std::string_view prefix : {kClientKeyPrefix, kAdminTokenPrefix, kJoinTokenPrefix}) {
    const NewKey key = MintKey(prefix);
    const std::string_view text = key.text.Reveal();
    EXPECT_EQ(text.size(), kKeyTextBytes);
    EXPECT_EQ(text.substr(0, 4), prefix);
    EXPECT_EQ(text.substr(4).find_first_not_of("abcdefghijklmnopqrstuvwxyz234567"),
              std::string_view::npos);
    EXPECT_EQ(key.id.size(), 10u);
    EXPECT_EQ(text.substr(4, 10), key.id);
    EXPECT_EQ(key.sha256, Sha256Bytes(text));
    EXPECT_EQ(KeyIdOf(prefix, text), key.id);
  }
}

TEST(MintKey, NeverRepeats) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(std::string(MintKey("slk_").text.Reveal()));
  EXPECT_EQ(seen.size(), 1000u);
}

// Keys are stored as digests of their text: what was issued must be recognised for ever.
TEST(KeyIdOf, RecognisesAKeyOfAnEarlierVersion) {
  const std::string body(62, 'a');
  const std::string text = "slk_" + body + "pbpod6";
  EXPECT_EQ(KeyIdOf(kClientKeyPrefix, text), "aaaaaaaaaa");
}

TEST(KeyIdOf, RefusesEveryTypo) {
  const NewKey key = MintKey(kClientKeyPrefix);
  const std::string text(key.text.Reveal());
  for (size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'a' ? 'b' : 'a';
    EXPECT_EQ(KeyIdOf(kClientKeyPrefix, changed), std::nullopt) << i;
  }
}

TEST(KeyIdOf, RefusesOtherLengthsPrefixesAndLetters) {
  const NewKey key = MintKey(kClientKeyPrefix);
  const std::string text(key.text.Reveal());
  for (size_t size = 0; size < text.size(); ++size) {
    EXPECT_EQ(KeyIdOf(kClientKeyPrefix, text.substr(0, size)), std::nullopt);
  }
  EXPECT_EQ(KeyIdOf(kClientKeyPrefix, text + "a"), std::nullopt);
  EXPECT_EQ(KeyIdOf(kClientKeyPrefix, " " + text), std::nullopt);
  EXPECT_EQ(KeyIdOf(kAdminTokenPrefix, text), std::nullopt);
  for (const char letter : {'A', '0', '1', '8', '-', '\0', '\n', '\xc3'}) {
    std::string changed = text;
    changed[20] = letter;
    EXPECT_EQ(KeyIdOf(kClientKeyPrefix, changed), std::nullopt);
  }
}

}  // namespace
}  // namespace sluice::crypto
