#include "dataplane/http/header_list.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::http {
namespace {

std::string Text(const HeaderList& list) {
  std::string text;
  for (size_t i = 0; i < list.size(); ++i) {
    text.append(list[i].name).append("=").append(list[i].value).append(";");
  }
  return text;
}

TEST(HeaderListTest, KeepsOrderSpellingDuplicatesAndEmptyValues) {
  HeaderList list;
  list.Add("X-b", "1");
  list.Add("x-B", "");
  list.Add("A", "2");
  EXPECT_EQ(Text(list), "X-b=1;x-B=;A=2;");
  EXPECT_EQ(list.Count("X-B"), 2u);
  EXPECT_EQ(list.Find("x-b"), "1");
  EXPECT_FALSE(list.Has("X-c"));
}

TEST(HeaderListTest, SetReplacesAllAtThePlaceOfTheFirst) {
  HeaderList list;
  list.Add("A", "1");
  list.Add("B", "2");
  list.Add("C", "3");
  list.Add("b", "4");
  list.Set("B", "new");
  EXPECT_EQ(Text(list), "A=1;B=new;C=3;");
  list.Set("D", "5");
  EXPECT_EQ(Text(list), "A=1;B=new;C=3;D=5;");
}

TEST(HeaderListTest, RemoveTakesEveryOneOfThatName) {
  HeaderList list;
  list.Add("A", "1");
  list.Add("B", "2");
  list.Add("a", "3");
  EXPECT_EQ(list.Remove("A"), 2u);
  EXPECT_EQ(list.Remove("A"), 0u);
  EXPECT_EQ(Text(list), "B=2;");
}

TEST(HeaderListTest, CanBeFilledAgainAfterClear) {
  HeaderList list;
  list.Add("A", "1");
  list.Clear();
  EXPECT_TRUE(list.empty());
  list.Add("B", "2");
  EXPECT_EQ(Text(list), "B=2;");
}

TEST(HeaderListTest, NamesCompareAsAsciiOnly) {
  EXPECT_TRUE(NameEquals("Content-Type", "cONTENT-tYPE"));
  EXPECT_FALSE(NameEquals("A", "AB"));
  // '[' and '{' differ by the bit that letters differ by.
  EXPECT_FALSE(NameEquals("[", "{"));
  EXPECT_FALSE(NameEquals("\xc4", "\xe4"));
}

TEST(HeaderListTest, TokensAndValues) {
  EXPECT_TRUE(IsToken("X-Header_1.~!"));
  for (std::string_view bad : {"", "a b", "a:", "a\r", "\x80", "a(", "a\"", "a/b"}) {
    EXPECT_FALSE(IsToken(bad)) << bad;
  }
  for (std::string_view good : {"", "a", "a b\tc", "\x80\xff", "\"q\""}) {
    EXPECT_TRUE(IsFieldValue(good)) << good;
  }
  using std::string_view_literals::operator""sv;
  for (std::string_view bad :
       {" a"sv, "a "sv, "a\tb\t"sv, "a\rb"sv, "a\nb"sv, "a\0b"sv, "\x7f"sv}) {
    EXPECT_FALSE(IsFieldValue(bad)) << bad;
  }
}

}  // namespace
}  // namespace sluice::http
