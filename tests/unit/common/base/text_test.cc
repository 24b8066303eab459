#include "common/base/text.h"

#include <gtest/gtest.h>

namespace sluice::base {
namespace {

TEST(Text, CatTakesEveryKindOfPiece) {
  const std::string string = "s";
  const std::string_view view = "vw";
  const absl::string_view other = "abseil";
  EXPECT_EQ(Cat("literal ", string, view.substr(0, 1), other, 7, -1.5, 'c' == 'c'),
            "literal svabseil7-1.51");
}

TEST(Text, ConsumePrefixLeavesTextWithoutIt) {
  std::string_view text = "Bearer x";
  EXPECT_FALSE(ConsumePrefix(text, "bearer "));
  EXPECT_EQ(text, "Bearer x");
  EXPECT_TRUE(ConsumePrefix(text, "Bearer "));
  EXPECT_EQ(text, "x");
}

TEST(Text, EscapedKeepsUtf8AndHidesControl) { EXPECT_EQ(Escaped("a\r\n\x1b é"), "a\\r\\n\\x1b é"); }

TEST(Text, StrippedAndCase) {
  EXPECT_EQ(Stripped(" \ta b\r\n"), "a b");
  EXPECT_EQ(Lower("X-Api-KEY"), "x-api-key");
  EXPECT_EQ(Upper("a-b"), "A-B");
  EXPECT_TRUE(EqualsIgnoreCase("Host", "hOST"));
  EXPECT_FALSE(EqualsIgnoreCase("Host", "Hosts"));
}

}  // namespace
}  // namespace sluice::base
