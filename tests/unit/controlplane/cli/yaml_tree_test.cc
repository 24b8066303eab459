#include "controlplane/cli/yaml_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/text.h"

namespace sluice::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

YamlNode Parsed(std::string_view text) {
  auto node = ParseYaml(text, "f.yaml");
  EXPECT_TRUE(node.ok()) << node.status();
  return node.ok() ? *std::move(node) : YamlNode();
}

std::string Complaint(std::string_view text) {
  const absl::Status status = ParseYaml(text, "f.yaml").status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  return std::string(status.message());
}

TEST(YamlTreeTest, KeepsOrderKindsAndLines) {
  const YamlNode root = Parsed("# a comment\nb: 1\na:\n  - x\n  - {k: 'true'}\nn:\n");
  ASSERT_EQ(root.kind, YamlNode::Kind::kMap);
  ASSERT_EQ(root.entries.size(), 3u);
  EXPECT_EQ(root.entries[0].name, "b");
  EXPECT_EQ(root.entries[0].line, 2);
  EXPECT_FALSE(root.entries[0].value.quoted);
  const YamlNode& list = root.entries[1].value;
  ASSERT_EQ(list.elements.size(), 2u);
  EXPECT_EQ(list.elements[1].line, 5);
  EXPECT_TRUE(list.elements[1].entries[0].value.quoted);
  EXPECT_EQ(root.entries[2].value.kind, YamlNode::Kind::kNothing);
}

TEST(YamlTreeTest, ReadsJson) {
  const YamlNode root = Parsed(R"({"a": ["x\u00e9\n", true, null, 12]})");
  const YamlNode& list = root.entries[0].value;
  ASSERT_EQ(list.elements.size(), 4u);
  EXPECT_EQ(list.elements[0].text, "x\u00e9\n");
  EXPECT_EQ(list.elements[2].kind, YamlNode::Kind::kNothing);
}

TEST(YamlTreeTest, AFieldGivenTwiceIsRefusedWithItsLine) {
  EXPECT_EQ(Complaint("a: 1\nb: 2\na: 3\n"), "f.yaml:3: the field \"a\" is given twice");
  EXPECT_EQ(Complaint("x:\n - {a: 1, a: 1}\n"), "f.yaml:2: the field \"a\" is given twice");
  Parsed("x: {a: 1}\ny: {a: 1}\n");
}

// A few lines of these can stand for gigabytes.
TEST(YamlTreeTest, AnchorsAliasesAndTagsAreRefused) {
  EXPECT_THAT(Complaint("a: &x [1]\nb: *x\n"), StartsWith("f.yaml:1: anchors and aliases"));
  EXPECT_THAT(Complaint("a: !!python/object x\n"), HasSubstr("tags"));
  EXPECT_THAT(Complaint("a: !x {b: 1}\n"), HasSubstr("tags"));
  EXPECT_THAT(Complaint("&a a: 1\n"), HasSubstr("anchors"));
}

TEST(YamlTreeTest, DepthAndNumberAreBounded) {
  EXPECT_THAT(Complaint(std::string(40, '[') + std::string(40, ']')), HasSubstr("too deeply"));
  EXPECT_FALSE(ParseYaml(std::string(100'000, '['), "f").ok());
  EXPECT_FALSE(ParseYaml(std::string(100'000, '{'), "f").ok());
  std::string block;
  for (int i = 0; i < 2000; ++i) block += std::string(static_cast<size_t>(i), ' ') + "-\n";
  EXPECT_FALSE(ParseYaml(block, "f").ok());
}

TEST(YamlTreeTest, OneDocument) {
  EXPECT_THAT(Complaint("a: 1\n---\nb: 2\n"), HasSubstr("second document"));
  Parsed("---\na: 1\n...\n");
  for (const std::string_view nothing : {"", "\n\n", "# only a comment\n"}) {
    EXPECT_EQ(Complaint(nothing), "f.yaml holds nothing");
  }
}

TEST(YamlTreeTest, WhatIsNotYamlIsRefusedWithItsLine) {
  for (const std::string_view bad :
       {"a: [1\n", "a: {b\n", "a: 1\n b: 2\n", "\ta: 1\n", "? [a]\n: b\n", "[a]: b\n", "a: %x\n",
        "a: @x\n", "- a\nb: c\n", "a: b: c\n", "~: x\n"}) {
    EXPECT_THAT(Complaint(bad), StartsWith("f.yaml:")) << bad;
  }
}

TEST(YamlTreeTest, TextIsUtf8) {
  for (const std::string_view good : {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\x7f"}) {
    EXPECT_TRUE(ParseYaml(base::Cat("a: 'x", good, "'\n"), "f").ok()) << good;
  }
  for (const std::string_view bad : {"\xff", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
                                     "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\x80"}) {
    EXPECT_THAT(Complaint(base::Cat("b: 1\na: 'x", bad, "'\n")),
                ::testing::MatchesRegex("f.yaml:2: this .*"));
    EXPECT_FALSE(ParseYaml(base::Cat("'", bad, "': 1\n"), "f").ok());
  }
}

TEST(YamlTreeTest, HostileBytesDoNotCrashIt) {
  const std::string good = "a: [1, 'x', \"y\\n\", {b: ~}]\nc: |\n  text\n";
  for (size_t i = 0; i < good.size(); ++i) {
    for (const char c : {'\0', '\xff', '{', '&', '\n', '"', '\x80', '|'}) {
      std::string bytes = good;
      bytes[i] = c;
      ParseYaml(bytes, "f").status().IgnoreError();
    }
    ParseYaml(good.substr(0, i), "f").status().IgnoreError();
  }
}

TEST(YamlTreeTest, KnowsWhatLooksLikeAnotherType) {
  for (const std::string_view typed :
       {"true", "False", "NULL", "~", "12", "-1", "1.5", "1e3", "007"}) {
    EXPECT_TRUE(LooksTyped(typed)) << typed;
  }
  for (const std::string_view text :
       {"", "yes", "inf", "nan", "2025-06", "1h", "0.0.1", "tRUE", "-"}) {
    EXPECT_FALSE(LooksTyped(text)) << text;
  }
}

}  // namespace
}  // namespace sluice::cli
