#include "dataplane/guard/rest_advice.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

namespace sluice::guard {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);  // 2027-01-15T08:00:00Z

std::optional<RestAdvice> Read(const std::vector<std::pair<std::string, std::string>>& fields) {
  http::HeaderList headers;
  for (const auto& [name, value] : fields) headers.Add(name, value);
  return ReadRestAdvice(headers, kNow);
}

TEST(RestAdvice, ReadsRetryAfterInSecondsAndAsADate) {
  EXPECT_EQ(Read({{"retry-after", "3"}})->rest, absl::Seconds(3));
  EXPECT_EQ(Read({{"Retry-After", "0.5"}})->rest, absl::Milliseconds(500));
  EXPECT_EQ(Read({{"Retry-After", "Fri, 15 Jan 2027 08:00:07 GMT"}})->rest, absl::Seconds(7));
  EXPECT_EQ(Read({{"Retry-After", "Friday, 15-Jan-27 08:00:07 GMT"}})->rest, absl::Seconds(7));
  EXPECT_EQ(Read({{"Retry-After", "Fri Jan 15 08:00:07 2027"}})->rest, absl::Seconds(7));
  EXPECT_EQ(Read({{"Retry-After", "3"}})->source, "Retry-After");
  EXPECT_EQ(Read({{"retry-after-ms", "250"}, {"retry-after", "1"}})->rest, absl::Milliseconds(250));
}

TEST(RestAdvice, ReadsTheResetsOfOpenAi) {
  EXPECT_EQ(*ParseReset("6m0s", kNow), absl::Minutes(6));
  EXPECT_EQ(*ParseReset("1s", kNow), absl::Seconds(1));
  EXPECT_EQ(*ParseReset("20ms", kNow), absl::Milliseconds(20));
  EXPECT_EQ(*ParseReset("1h2m3.5s", kNow), absl::Hours(1) + absl::Minutes(2) + absl::Seconds(3.5));
  EXPECT_EQ(*ParseReset("2", kNow), absl::Seconds(2));
  EXPECT_EQ(*ParseReset("1800000009", kNow), absl::Seconds(9));
  EXPECT_EQ(*ParseReset("1800000009500", kNow), absl::Milliseconds(9500));
  EXPECT_EQ(
      Read({{"x-ratelimit-reset-requests", "1s"}, {"x-ratelimit-reset-tokens", "6m0s"}})->rest,
      absl::Minutes(6));
}

TEST(RestAdvice, ReadsTheResetsOfAnthropic) {
  const auto advice = Read({{"anthropic-ratelimit-requests-reset", "2027-01-15T08:00:05Z"},
                            {"anthropic-ratelimit-tokens-reset", "2027-01-15T08:00:30+00:00"}});
  ASSERT_TRUE(advice);
  EXPECT_EQ(advice->rest, absl::Seconds(30));
  EXPECT_EQ(advice->source, "anthropic-ratelimit-reset");
}

TEST(RestAdvice, WhatHasNothingRemainingCountsBeforeALongerOne) {
  const auto advice = Read({{"x-ratelimit-remaining-requests", "17"},
                            {"x-ratelimit-reset-requests", "6m0s"},
                            {"x-ratelimit-remaining-tokens", "0"},
                            {"x-ratelimit-reset-tokens", "4s"}});
  EXPECT_EQ(advice->rest, absl::Seconds(4));
  EXPECT_EQ(Read({{"anthropic-ratelimit-tokens-remaining", "0"},
                  {"anthropic-ratelimit-tokens-reset", "2027-01-15T08:00:02Z"},
                  {"anthropic-ratelimit-requests-remaining", "9"},
                  {"anthropic-ratelimit-requests-reset", "2027-01-15T08:00:50Z"}})
                ->rest,
            absl::Seconds(2));
}

TEST(RestAdvice, IsNeverLongerThanAnHourAndNeverNothing) {
  for (const char* long_one : {"999999", "1e9", "99999999999999999999999", "2999999999"}) {
    const auto advice = Read({{"retry-after", long_one}});
    if (advice) {
      EXPECT_LE(advice->rest, kLongestRest) << long_one;
    }
  }
  EXPECT_EQ(Read({{"retry-after", "999999"}})->rest, kLongestRest);
  EXPECT_EQ(Read({{"x-ratelimit-reset-tokens", "400d"}})->rest, kLongestRest);
  EXPECT_FALSE(Read({{"retry-after", "0"}}));
  EXPECT_FALSE(Read({{"retry-after", "Fri, 15 Jan 2027 07:59:59 GMT"}}));
  EXPECT_FALSE(Read({}));
}

TEST(RestAdvice, HostileValuesSayNothing) {
  for (const char* hostile : {"",
                              "-1",
                              "+3",
                              " 3",
                              "3 ",
                              "3s4",
                              "s",
                              "ms",
                              "1x",
                              "0x10",
                              "nan",
                              "inf",
                              "infinite-future",
                              "1e999",
                              "3;4",
                              "Thu, 99 Foo 2027 08:00:00 GMT",
                              "9999-99-99T99:99:99Z",
                              "1..2s",
                              ".5s",
                              "infinite-past",
                              "--",
                              "1m-3s"}) {
    EXPECT_FALSE(Read({{"retry-after", hostile}})) << hostile;
    EXPECT_FALSE(Read({{"x-ratelimit-reset-tokens", hostile}})) << hostile;
    EXPECT_FALSE(Read({{"anthropic-ratelimit-tokens-reset", hostile}})) << hostile;
  }
  EXPECT_FALSE(Read({{"retry-after", std::string(1000, '9')}}));
  EXPECT_FALSE(Read({{"x-ratelimit-remaining-tokens", "5"}}));
  EXPECT_FALSE(Read({{"anthropic-ratelimit-reset-tokens", "5s"}}));
}

TEST(RestAdvice, RandomBytesNeverLeadOutOfTheBounds) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  constexpr std::string_view kBytes = "0123456789smhdun.:-+TZ GMTFri,Jan";
  for (int i = 0; i < 20'000; ++i) {
    std::string text(random() % 24, ' ');
    for (char& c : text) c = kBytes[random() % kBytes.size()];
    for (const char* name : {"retry-after", "retry-after-ms", "x-ratelimit-reset"}) {
      const auto advice = Read({{name, text}});
      if (!advice) continue;
      ASSERT_GT(advice->rest, absl::ZeroDuration()) << text;
      ASSERT_LE(advice->rest, kLongestRest) << text;
    }
  }
}

}  // namespace
}  // namespace sluice::guard
