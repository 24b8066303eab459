// What a stranger's answer may hold that no golden one does, and what the tap costs.
#include "dataplane/meter/usage_tap.h"

#include <gtest/gtest.h>

#include "tests/unit/dataplane/meter/allocation_count.h"
#include "tests/unit/dataplane/meter/metered.h"

namespace sluice::meter {
namespace {

using catalog::UsageDialect;

Usage OfJson(std::string_view body) {
  return Meter(UsageDialect::kOpenAi, FormFor("application/json"), body);
}
std::string WithPrompt(std::string_view number) {
  return R"({"usage":{"completion_tokens":1,"prompt_tokens":)" + std::string(number) + "}}";
}

TEST(UsageTapTest, NumbersThatNoAnswerHasAreNotBelieved) {
  EXPECT_EQ(OfJson(WithPrompt("12")).input, 12);
  EXPECT_EQ(OfJson(WithPrompt("12.0")).input, 12);
  EXPECT_EQ(OfJson(WithPrompt("1000000000000")).input, UsageReading::kMostTokens);
  for (const std::string_view number :
       {"-1", "-0", "1000000000001", "9223372036854775808", "1e3", "12.5", "12.", "\"12\"", "null",
        "true", "{}", "[12]", "0x10", "1e999", "NaN",
        "99999999999999999999999999999999999999999999999999999999999999999999999999999999999999999"
        "99999999999999999999999999999999999999999999999999999999999999999999999999999999999999999"
        "9"}) {
    const Usage usage = OfJson(WithPrompt(number));
    EXPECT_EQ(usage.input, 0) << number;
    EXPECT_EQ(usage.output, 1) << number;
  }
}

TEST(UsageTapTest, OfDuplicatesTheLastThatCanBeBelievedCounts) {
  EXPECT_EQ(OfJson(R"({"usage":{"prompt_tokens":1,"prompt_tokens":2},"usage":{"prompt_tokens":3}})")
                .input,
            3);
  EXPECT_EQ(
      OfJson(R"({"usage":{"prompt_tokens":7},"usage":null,"usage":{"prompt_tokens":-3}})").input,
      7);
}

TEST(UsageTapTest, NamesCountWhereTheyStandOnly) {
  for (const std::string_view body :
       {R"({"x":{"usage":{"prompt_tokens":5}}})", R"({"choices":[{"usage":{"prompt_tokens":5}}]})",
        R"({"prompt_tokens":5})", R"({"usage":[{"prompt_tokens":5}]})",
        R"({"usage":"{\"prompt_tokens\":5}"})", R"({"Usage":{"prompt_tokens":5}})",
        R"({"usage ":{"prompt_tokens":5}})", R"({"usage":{"prompt_tokens_":5}})",
        R"("{\"usage\":{\"prompt_tokens\":5}}")",
        R"({"text":"\\\"},\"usage\":{\"prompt_tokens\":5}"})"}) {
    EXPECT_EQ(OfJson(body).quality, Quality::kUnmetered) << body;
  }
}

TEST(UsageTapTest, WhatIsNoJsonStopsTheReading) {
  for (const std::string_view body :
       {R"({"usage" {"prompt_tokens":5}})", R"({usage:{"prompt_tokens":5}})",
        R"({"a":1 "usage":{"prompt_tokens":5}})", R"({"a":,"usage":{"prompt_tokens":5}})",
        R"({"a":}"usage":{"prompt_tokens":5}})", R"({,"usage":{"prompt_tokens":5}})",
        "<html>{\"usage\":{\"prompt_tokens\":5}}", R"({"usage":{"prompt_tokens":5]}})"}) {
    const Usage usage = OfJson(body);
    EXPECT_NE(usage.quality, Quality::kComplete) << body;
  }
  // Read before the fault, so known.
  EXPECT_EQ(OfJson(R"({"usage":{"prompt_tokens":5}} ~)").quality, Quality::kPartial);
  EXPECT_EQ(OfJson(R"({"usage":{"prompt_tokens":5}})"
                   "\n")
                .quality,
            Quality::kComplete);
}

TEST(UsageTapTest, LinesOfDataAreJoinedByALineEnd) {
  const Usage usage = Meter(UsageDialect::kOpenAi, FormFor("text/event-stream"),
                            "data: {\"usage\":{\"prompt_tokens\":1\ndata: 2}}\n\n");
  EXPECT_EQ(usage.input, 1);
}

TEST(UsageTapTest, DepthIsCountedAndNotRemembered) {
  const size_t depth = 1'000'000;
  std::string body = R"({"a":)";
  for (size_t i = 0; i < depth; ++i) body += i % 2 == 0 ? "[" : R"({"usage":)";
  body += "1";
  for (size_t i = depth; i-- > 0;) body += i % 2 == 0 ? "]" : "}";
  body += R"(,"usage":{"prompt_tokens":5,"x":{"y":{"prompt_tokens":6}}}})";
  EXPECT_EQ(OfJson(body).input, 5);
}

TEST(UsageTapTest, ALongNameOfAModelIsLeftOut) {
  const auto with = [](size_t size) {
    return OfJson(R"({"model":")" + std::string(size, 'm') + R"(","usage":{"prompt_tokens":5}})");
  };
  EXPECT_EQ(with(JsonScan::kKeptBytes).model.size(), JsonScan::kKeptBytes);
  EXPECT_EQ(with(JsonScan::kKeptBytes + 1).model, "");
  EXPECT_EQ(with(JsonScan::kKeptBytes + 1).input, 5);
  EXPECT_EQ(OfJson(R"({"model":"\u006d","usage":{"prompt_tokens":5}})").model, "");
}

TEST(UsageTapTest, OnlyWhatCanBeReadIsLookedAt) {
  const auto can = [](std::string_view type, std::string_view coding = "") {
    return UsageTap::CanRead(UsageDialect::kOpenAi, FormFor(type, coding));
  };
  for (const std::string_view type :
       {"application/json", "Application/JSON ; charset=utf-8", "text/event-stream",
        "application/problem+json", "application/x-ndjson", "application/jsonl"}) {
    EXPECT_TRUE(can(type)) << type;
  }
  for (const std::string_view type : {"", "audio/mpeg", "application/octet-stream", "text/plain",
                                      "application/jsonp", "+json", "image/png", "text/html"}) {
    EXPECT_FALSE(can(type)) << type;
  }
  EXPECT_TRUE(can("application/json", "x-gzip"));
  EXPECT_TRUE(can("application/json", "identity"));
  EXPECT_FALSE(can("application/json", "gzip, br"));
  EXPECT_FALSE(can("application/json", "compress"));
  EXPECT_FALSE(UsageTap::CanRead(UsageDialect::kNone, FormFor("application/json")));
  http::HeaderList twice;
  twice.Add("Content-Type", "application/json");
  twice.Add("Content-Encoding", "br");
  twice.Add("Content-Encoding", "gzip");
  EXPECT_FALSE(FormOf(twice).readable());
}

// 128 MiB of text, half of it one string, and an event of 1 MB: not one allocation, and a tap that
// is small to begin with.
TEST(UsageTapTest, TheSizeOfAnAnswerCostsNoMemory) {
  EXPECT_LE(sizeof(UsageTap), 1024u);
  DecodingBudget budget;
  const std::string text(size_t{1} << 20, 'x');
  const std::string list = [] {
    std::string items;
    while (items.size() < (size_t{1} << 20)) items += R"({"a":[1,2,{"b":"\n"}]},)";
    return items;
  }();
  UsageTap json(UsageDialect::kOpenAi, FormFor("application/json"), budget);
  UsageTap events(UsageDialect::kOpenAi, FormFor("text/event-stream"), budget);
  const size_t before = Allocations();
  json.Feed(R"({"data":")");
  for (int i = 0; i < 64; ++i) json.Feed(text);
  json.Feed(R"(","list":[)");
  for (int i = 0; i < 64; ++i) json.Feed(list);
  json.Feed(R"(1],"usage":{"prompt_tokens":5,"completion_tokens":6}})");
  events.Feed("data: {\"delta\":\"");
  events.Feed(text);
  events.Feed("\",\"usage\":{\"prompt_tokens\":7}}\n\n");
  EXPECT_EQ(Allocations(), before);
  EXPECT_EQ(json.End(true).output, 6);
  EXPECT_EQ(events.End(true).input, 7);
}

}  // namespace
}  // namespace sluice::meter
