#include "common/base/check.h"

#include <gtest/gtest.h>

namespace sluice::base {
namespace {

TEST(CheckDeathTest, EndsTheProcessWithTheSentence) {
  EXPECT_DEATH(SLUICE_CHECK(1 == 2, "one is two"), "check_test.cc:.*: one is two");
}

TEST(Check, GoesOnAndEvaluatesOnce) {
  int evaluated = 0;
  SLUICE_CHECK(++evaluated == 1, "evaluated twice");
  EXPECT_EQ(evaluated, 1);
}

}  // namespace
}  // namespace sluice::base
