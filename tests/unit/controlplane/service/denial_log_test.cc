#include "controlplane/service/denial_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <sstream>
#include <string>

#include "tests/support/fake_clock.h"

namespace sluice::service {
namespace {

using ::testing::HasSubstr;

class DenialLogTest : public ::testing::Test {
 protected:
  DenialLogTest() {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(said_)));
  }
  ~DenialLogTest() override { spdlog::set_default_logger(before_); }

  void Deny(int times) {
    for (int i = 0; i < times; ++i) {
      log_.Say("/s/CreateBackup", "ipv4:127.0.0.1:1",
               absl::PermissionDeniedError("the token \"ci\""));
    }
  }
  int Lines() const {
    const std::string said = said_.str();
    return static_cast<int>(std::count(said.begin(), said.end(), '\n'));
  }

  std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
  std::ostringstream said_;
  test::FakeClock clock_;
  DenialLog log_{clock_};
};

TEST_F(DenialLogTest, SaysWhoWasDeniedWhat) {
  Deny(1);
  EXPECT_THAT(said_.str(),
              HasSubstr("/s/CreateBackup from ipv4:127.0.0.1:1 denied: the token \"ci\""));
  log_.Say("/s/X", "p", absl::UnauthenticatedError("a valid admin token is required"));
  EXPECT_EQ(Lines(), 2);
  log_.Say("/s/X", "p", absl::NotFoundError("no"));
  log_.Say("/s/X", "p", absl::OkStatus());
  EXPECT_EQ(Lines(), 2);
}

TEST_F(DenialLogTest, WhoKnocksCannotFillTheDisk) {
  Deny(1000);
  EXPECT_EQ(Lines(), DenialLog::kLinesAMinute);
  clock_.Advance(absl::Minutes(1));
  Deny(1);
  EXPECT_EQ(Lines(), DenialLog::kLinesAMinute + 2);
  EXPECT_THAT(said_.str(), HasSubstr("970 more calls were denied"));
}

}  // namespace
}  // namespace sluice::service
