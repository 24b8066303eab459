#include "common/base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>
#include <stdlib.h>
#include <time.h>

namespace sluice::base {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

// Every test gives the process back the logger it had.
class LogTest : public testing::Test {
 protected:
  ~LogTest() override { spdlog::set_default_logger(before_); }

 private:
  std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
};

template <typename Body>
std::string StderrOf(Body body) {
  testing::internal::CaptureStderr();
  body();
  return testing::internal::GetCapturedStderr();
}

TEST_F(LogTest, WritesOneLineWithTimeLevelAndProgram) {
  ASSERT_TRUE(StartLogging("sluice-test", "info").ok());
  const std::string line = StderrOf([] { spdlog::warn("listening on {}", "127.0.0.1:80"); });
  EXPECT_THAT(line, MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z warning "
                                 "sluice-test: listening on 127\\.0\\.0\\.1:80\n"));
}

TEST_F(LogTest, TellsUtcWhateverTheZoneOfTheMachine) {
  setenv("TZ", "XXX-13", 1);
  tzset();
  ASSERT_TRUE(StartLogging("sluice-test", "info").ok());
  const std::string line = StderrOf([] { spdlog::info("x"); });
  const time_t now = time(nullptr);
  unsetenv("TZ");
  tzset();
  tm utc = {};
  ASSERT_NE(strptime(line.c_str(), "%Y-%m-%dT%H:%M:%S", &utc), nullptr) << line;
  EXPECT_NEAR(static_cast<double>(timegm(&utc)), static_cast<double>(now), 60);
}

TEST_F(LogTest, CannotBeMadeToForgeALine) {
  ASSERT_TRUE(StartLogging("sluice-test", "info").ok());
  const std::string line = StderrOf([] { spdlog::info("a\r\nb\x1b[31m\x7f é"); });
  EXPECT_THAT(line, HasSubstr(": a\\x0d\\x0ab\\x1b[31m\\x7f é\n"));
}

TEST_F(LogTest, LevelHidesWhatIsBelowIt) {
  const std::pair<std::string, int> kCases[] = {
      {"debug", 4}, {"info", 3}, {"warning", 2}, {"error", 1}};
  for (const auto& [level, lines] : kCases) {
    ASSERT_TRUE(StartLogging("sluice-test", level).ok());
    const std::string text = StderrOf([] {
      spdlog::debug("x");
      spdlog::info("x");
      spdlog::warn("x");
      spdlog::error("x");
    });
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), lines) << level;
  }
}

TEST_F(LogTest, NamesALevelThatDoesNotExist) {
  for (const std::string level : {"", "INFO", "trace", "off"}) {
    const absl::Status started = StartLogging("sluice-test", level);
    EXPECT_EQ(started.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(started.message()), HasSubstr("\"" + level + "\""));
  }
}

}  // namespace
}  // namespace sluice::base
