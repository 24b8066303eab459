#include "common/wire/field_text.h"

#include <gtest/gtest.h>

namespace sluice::wire {
namespace {

TEST(FieldText, ResourceNames) {
  for (const std::string good : {"a", "0", "openai-east", "a_b.c~d", "9x"}) {
    EXPECT_TRUE(IsResourceName(good)) << good;
  }
  EXPECT_TRUE(IsResourceName(std::string(63, 'a')));
  EXPECT_FALSE(IsResourceName(std::string(64, 'a')));
  for (const std::string bad :
       {"", "A", "openAI", "-a", ".a", "_a", "~a", "a/b", "a b", "a%", "a\n", "é", "..", "."}) {
    EXPECT_FALSE(IsResourceName(bad)) << bad;
  }
}

TEST(FieldText, HeaderNamesAndValues) {
  EXPECT_TRUE(IsHeaderName("X-Title"));
  EXPECT_TRUE(IsHeaderName("a!#$%&'*+-.^_`|~9"));
  for (const std::string bad : {"", "a b", "a:", "a\r\n", "(a)", "a\"", "é", "a/b"}) {
    EXPECT_FALSE(IsHeaderName(bad)) << bad;
  }
  for (const std::string good : {"", "a", "a b\tc", "é", "a:b;c=\"d\""}) {
    EXPECT_TRUE(IsHeaderValue(good)) << good;
  }
  for (const std::string bad : {" a", "a ", "\ta", "a\rb", "a\nb", "a\r\n b", "a\x7f", "a\x01"}) {
    EXPECT_FALSE(IsHeaderValue(bad)) << bad;
  }
  EXPECT_FALSE(IsHeaderValue(std::string("a\0b", 3)));
  EXPECT_TRUE(IsHeaderValue(std::string(8192, 'a')));
  EXPECT_FALSE(IsHeaderValue(std::string(8193, 'a')));
}

TEST(FieldText, Ids) {
  EXPECT_TRUE(IsResourceId("pk_4w2c6kq7"));
  EXPECT_FALSE(IsResourceId(""));
  EXPECT_FALSE(IsResourceId("PK"));
  EXPECT_FALSE(IsResourceId("a.b"));
  EXPECT_FALSE(IsResourceId(std::string(65, 'a')));
}

TEST(FieldText, QuotedIsShortAndPrintable) {
  EXPECT_EQ(Quoted("a\"b\n"), "\"a\\\"b\\n\"");
  EXPECT_EQ(Quoted(std::string(1000, 'a')), "\"" + std::string(120, 'a') + "...\"");
}

}  // namespace
}  // namespace sluice::wire
