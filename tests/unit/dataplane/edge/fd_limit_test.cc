#include "dataplane/edge/fd_limit.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace sluice::edge {
namespace {

TEST(FdLimitTest, TwoFdsAConnectionAndSomeKeptBack) {
  EXPECT_EQ(MaxConnectionsFor(20000), 9872u);
  EXPECT_EQ(MaxConnectionsFor(1024), 384u);
  EXPECT_EQ(MaxConnectionsFor(64), 16u);
  EXPECT_EQ(MaxConnectionsFor(1), 1u);
  EXPECT_EQ(MaxConnectionsFor(0), 1u);
}

TEST(FdLimitTest, RaisesTheSoftLimitToTheHardOne) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit lowered = before;
  lowered.rlim_cur = 100;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &lowered), 0);
  const auto raised = RaiseFdLimit();
  rlimit after{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &after), 0);
  ASSERT_TRUE(raised.ok()) << raised.status();
  EXPECT_EQ(after.rlim_cur, before.rlim_max);
  EXPECT_GT(*raised, 100u);
}

}  // namespace
}  // namespace sluice::edge
