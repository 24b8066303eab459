#include "dataplane/http/trace_context.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::http {
namespace {

constexpr char kTrace[] = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr char kSpan[] = "00f067aa0ba902b7";

std::string Value(const std::string& version, const std::string& trace, const std::string& span,
                  const std::string& flags) {
  return version + "-" + trace + "-" + span + "-" + flags;
}

// What is written of what was read; "none" if it could not be.
std::string Again(const std::string& value) {
  const auto context = ParseTraceparent(value);
  return context.has_value() ? Traceparent(*context) : "none";
}

TEST(TraceContextTest, WhatIsReadIsWrittenAgain) {
  const std::string value = Value("00", kTrace, kSpan, "01");
  const auto context = ParseTraceparent(value);
  ASSERT_TRUE(context.has_value());
  EXPECT_EQ(Hex(context->trace_id), kTrace);
  EXPECT_EQ(Hex(context->span_id), kSpan);
  EXPECT_TRUE(context->sampled());
  EXPECT_EQ(Traceparent(*context), value);
  EXPECT_FALSE(ParseTraceparent(Value("00", kTrace, kSpan, "00"))->sampled());
  EXPECT_TRUE(ParseTraceparent(Value("00", kTrace, kSpan, "03"))->sampled());
}

TEST(TraceContextTest, FlagsThatNobodyKnowsAreDropped) {
  EXPECT_EQ(Again(Value("00", kTrace, kSpan, "ff")), Value("00", kTrace, kSpan, "03"));
  EXPECT_EQ(Again(Value("00", kTrace, kSpan, "fc")), Value("00", kTrace, kSpan, "00"));
}

TEST(TraceContextTest, OfALaterVersionWhatIsKnownIsRead) {
  const std::string ours = Value("00", kTrace, kSpan, "01");
  EXPECT_EQ(Again(Value("01", kTrace, kSpan, "01")), ours);
  EXPECT_EQ(Again(Value("fe", kTrace, kSpan, "01") + "-and-more"), ours);
  EXPECT_EQ(Again(Value("01", kTrace, kSpan, "01") + "x"), "none");
  EXPECT_EQ(Again(Value("00", kTrace, kSpan, "01") + "-and-more"), "none");
  EXPECT_EQ(Again(Value("ff", kTrace, kSpan, "01")), "none");
}

TEST(TraceContextTest, WhatIsNotOfTheFormIsNone) {
  const std::string zeros(32, '0');
  for (const std::string& value : {std::string(),
                                   std::string("-"),
                                   std::string("00"),
                                   std::string(55, '-'),
                                   std::string(55, '0'),
                                   std::string(100'000, 'a'),
                                   std::string(55, '\0'),
                                   std::string(55, '\xff'),
                                   Value("00", zeros, kSpan, "01"),
                                   Value("00", kTrace, zeros.substr(16), "01"),
                                   Value("0", kTrace, kSpan, "001"),
                                   Value("00", std::string(kTrace).substr(1), kSpan, "001"),
                                   Value("00", "4BF92F3577B34DA6A3CE929D0E0E4736", kSpan, "01"),
                                   Value("00", kTrace, "00F067AA0BA902B7", "01"),
                                   Value("00", kTrace, kSpan, "0x"),
                                   Value("00", kTrace, kSpan, "1"),
                                   Value("zz", kTrace, kSpan, "01"),
                                   " " + Value("00", kTrace, kSpan, "01"),
                                   Value("00", kTrace, kSpan, "01") + " ",
                                   Value("00", kTrace, kSpan, "01") + ",x"}) {
    EXPECT_EQ(Again(value), "none") << value.substr(0, 80);
  }
}

TEST(TraceContextTest, EachByteOfTheFormMatters) {
  const std::string value = Value("00", kTrace, kSpan, "01");
  for (size_t i = 0; i < value.size(); ++i) {
    std::string other = value;
    other[i] = 'g';
    EXPECT_EQ(Again(other), "none") << i;
    EXPECT_EQ(Again(value.substr(0, i)), "none") << i;
  }
}

TEST(TraceContextTest, OfTwoFieldsNeitherCounts) {
  HeaderList headers;
  EXPECT_FALSE(TraceContextOf(headers).has_value());
  headers.Add("TraceParent", Value("00", kTrace, kSpan, "01"));
  EXPECT_TRUE(TraceContextOf(headers).has_value());
  headers.Add("traceparent", Value("00", kTrace, kSpan, "01"));
  EXPECT_FALSE(TraceContextOf(headers).has_value());
}

}  // namespace
}  // namespace sluice::http
