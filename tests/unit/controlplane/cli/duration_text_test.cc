#include "controlplane/cli/duration_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::cli {
namespace {

using ::testing::HasSubstr;

TEST(ParseDurationTest, TakesNumbersWithUnits) {
  EXPECT_EQ(*ParseDuration("500ms"), absl::Milliseconds(500));
  EXPECT_EQ(*ParseDuration("10s"), absl::Seconds(10));
  EXPECT_EQ(*ParseDuration("5m"), absl::Minutes(5));
  EXPECT_EQ(*ParseDuration("12h"), absl::Hours(12));
  EXPECT_EQ(*ParseDuration("30d"), absl::Hours(720));
  EXPECT_EQ(*ParseDuration("1h30m"), absl::Minutes(90));
  EXPECT_EQ(*ParseDuration("0s"), absl::ZeroDuration());
  EXPECT_EQ(*ParseDuration("36500d"), absl::Hours(24 * 36500));
}

TEST(ParseDurationTest, NamesWhatIsWrong) {
  const auto message = [](std::string_view text) {
    return std::string(ParseDuration(text).status().message());
  };
  EXPECT_THAT(message(""), HasSubstr("it is empty"));
  EXPECT_THAT(message("10"), HasSubstr("\"10\" is not a duration: a unit is missing"));
  EXPECT_THAT(message("s"), HasSubstr("a whole number is missing"));
  EXPECT_THAT(message("-5s"), HasSubstr("a whole number is missing"));
  EXPECT_THAT(message("1.5h"), HasSubstr("a unit is missing"));
  EXPECT_THAT(message("3w"), HasSubstr("there is no unit \"w\""));
  EXPECT_THAT(message("5m "), HasSubstr("a whole number is missing"));
  EXPECT_THAT(message("36501d"), HasSubstr("longer than 100 years"));
  EXPECT_THAT(message("36500d1s"), HasSubstr("longer than 100 years"));
  EXPECT_THAT(message("99999999999999999999s"), HasSubstr("longer than 100 years"));
}

TEST(DurationTextTest, IsReadBackAsTheSame) {
  for (const char* text : {"500ms", "10s", "1m30s", "12h", "30d", "0s"}) {
    EXPECT_EQ(DurationText(*ParseDuration(text)), text);
  }
  EXPECT_EQ(DurationText(absl::Seconds(600)), "10m");
  EXPECT_EQ(DurationText(absl::Seconds(-90)), "-1m30s");
}

TEST(DurationTextTest, GoesThroughTheProtoUnchanged) {
  const absl::Duration duration = absl::Milliseconds(61'500);
  EXPECT_EQ(FromProto(ToProto(duration)), duration);
  EXPECT_EQ(ToProto(duration).nanos(), 500'000'000);
}

TEST(RelativeTextTest, SaysHowFarInOneUnit) {
  const absl::Time now = absl::FromUnixSeconds(1769860800);
  EXPECT_EQ(RelativeText(now + absl::Hours(50), now), "in 2d");
  EXPECT_EQ(RelativeText(now - absl::Minutes(179), now), "2h ago");
  EXPECT_EQ(RelativeText(now - absl::Milliseconds(900), now), "now");
  EXPECT_EQ(TimeWithRelativeText(now - absl::Seconds(61), now), "2026-01-31T11:58:59Z (1m ago)");
}

}  // namespace
}  // namespace sluice::cli
