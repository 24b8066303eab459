#include "dataplane/trace/collector_headers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_folder.h"

namespace sluice::trace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> Read(std::string_view text) {
  const auto headers = ParseCollectorHeaders(text);
  EXPECT_TRUE(headers.ok()) << headers.status();
  std::vector<std::string> lines;
  if (!headers.ok()) return lines;
  for (const base::Secret& header : *headers) lines.emplace_back(header.Reveal());
  return lines;
}

std::string Problem(std::string_view text) {
  const auto headers = ParseCollectorHeaders(text);
  EXPECT_FALSE(headers.ok()) << text;
  return std::string(headers.status().message());
}

TEST(CollectorHeadersTest, ALineIsAField) {
  EXPECT_THAT(Read("# for the collector\n\nAuthorization: Bearer a:b\r\n  X-Scope-OrgID:tenant  "),
              ElementsAre("Authorization: Bearer a:b", "X-Scope-OrgID: tenant"));
  EXPECT_THAT(Read(""), ElementsAre());
}

TEST(CollectorHeadersTest, WhatIsNoneIsNamedByItsLineAndNotQuoted) {
  for (const char* text : {"A: 1\nsecret", "A: 1\nsec ret: x", "A: 1\n: secret",
                           "A: 1\nX: sec\x01ret", "A: 1\nsecret:"}) {
    EXPECT_THAT(Problem(text), HasSubstr("line 2 "));
    EXPECT_THAT(Problem(text), Not(HasSubstr("sec"))) << text;
  }
  EXPECT_THAT(Problem("content-TYPE: text/plain"), HasSubstr("line 1 sets a header field"));
  std::string many;
  for (int i = 0; i < 33; ++i) many += "X: y\n";
  EXPECT_THAT(Problem(many), HasSubstr("more than 32"));
}

TEST(CollectorHeadersTest, AFileThatIsNoneIsNamed) {
  const test::TempFolder folder;
  auto headers = ReadCollectorHeaders(folder.File("none"));
  ASSERT_FALSE(headers.ok());
  EXPECT_THAT(std::string(headers.status().message()), HasSubstr(folder.File("none")));
  ASSERT_TRUE(folder.Write("bad", "secret\n"));
  headers = ReadCollectorHeaders(folder.File("bad"));
  ASSERT_FALSE(headers.ok());
  EXPECT_THAT(std::string(headers.status().message()), HasSubstr(folder.File("bad") + ": line 1"));
}

}  // namespace
}  // namespace sluice::trace
