#include "common/base/rate_bucket.h"

#include <gtest/gtest.h>

#include "common/base/status_filter.h"

namespace sluice::base {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

int Taken(RateBucket* bucket, absl::Time now, int tries) {
  int taken = 0;
  for (int i = 0; i < tries; ++i) taken += bucket->Take(now) ? 1 : 0;
  return taken;
}

TEST(RateBucketTest, GivesASecondsWorthAtOnceAndThenEvenly) {
  RateBucket bucket(10);
  EXPECT_EQ(Taken(&bucket, kStart, 100), 10);
  EXPECT_EQ(Taken(&bucket, kStart + absl::Milliseconds(500), 100), 5);
  EXPECT_EQ(Taken(&bucket, kStart + absl::Milliseconds(501), 100), 0);
  EXPECT_EQ(Taken(&bucket, kStart + absl::Hours(1), 100), 10) << "quiet for long gives no more";
}

TEST(RateBucketTest, AClockThatIsPutBackGivesNothingAndStopsNothing) {
  RateBucket bucket(10);
  EXPECT_EQ(Taken(&bucket, kStart, 100), 10);
  EXPECT_EQ(Taken(&bucket, kStart - absl::Hours(1), 100), 0);
  EXPECT_EQ(Taken(&bucket, kStart - absl::Hours(1) + absl::Seconds(1), 100), 10);
}

TEST(RateBucketTest, NoneIsNone) {
  RateBucket bucket(0);
  EXPECT_EQ(Taken(&bucket, kStart, 10), 0);
  EXPECT_EQ(Taken(&bucket, kStart + absl::Hours(1), 10), 0);
}

TEST(StatusFilterTest, AStatusAClassOrAll) {
  EXPECT_TRUE(FitsStatus(0, 0));
  EXPECT_TRUE(FitsStatus(0, 503));
  EXPECT_TRUE(FitsStatus(429, 429));
  EXPECT_FALSE(FitsStatus(429, 428));
  EXPECT_TRUE(FitsStatus(5, 500));
  EXPECT_TRUE(FitsStatus(5, 599));
  EXPECT_FALSE(FitsStatus(5, 499));
  EXPECT_FALSE(FitsStatus(1, 0));
}

TEST(StatusFilterTest, NothingFitsWhatIsNoStatus) {
  for (const int wanted : {-1, 6, 99, 600, 700}) {
    EXPECT_FALSE(IsStatusFilter(wanted)) << wanted;
    EXPECT_FALSE(FitsStatus(wanted, wanted)) << wanted;
    EXPECT_FALSE(FitsStatus(wanted, 200)) << wanted;
  }
}

}  // namespace
}  // namespace sluice::base
