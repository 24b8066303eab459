#include "dataplane/link/outage_log.h"

#include <gtest/gtest.h>

namespace sluice::link {
namespace {

using std::chrono::seconds;

TEST(OutageLog, TellsTheFirstFailureThenOneAMinute) {
  OutageLog log;
  const OutageLog::Time start{};
  EXPECT_TRUE(log.Due(1, start));
  EXPECT_FALSE(log.Due(1, start + seconds(1)));
  EXPECT_FALSE(log.Due(1, start + seconds(59)));
  EXPECT_TRUE(log.Due(1, start + seconds(60)));
  EXPECT_FALSE(log.Due(1, start + seconds(119)));
}

TEST(OutageLog, TellsAFailureOfAnotherKindAtOnce) {
  OutageLog log;
  EXPECT_TRUE(log.Due(1, {}));
  EXPECT_TRUE(log.Due(2, {}));
  EXPECT_FALSE(log.Due(2, {}));
}

TEST(OutageLog, BeginsAnewAfterTheOutage) {
  OutageLog log;
  EXPECT_TRUE(log.Due(1, {}));
  log.Over();
  EXPECT_TRUE(log.Due(1, {}));
}

}  // namespace
}  // namespace sluice::link
