// Every row of the table, three ways, against one stack; and the check that no rule was left out.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>

#include "tests/integration/conformance/rows.h"
#include "tests/integration/conformance/runner.h"
#include "tests/integration/conformance/shared_world.h"

namespace sluice::test {

// What a failure calls a case.
void PrintTo(const Case& test, std::ostream* out) { *out << '"' << test.name << '"'; }

namespace {

class Conformance : public ::testing::TestWithParam<Case> {
 protected:
  void Try(Way way) {
    if (const std::string reason = ReasonAgainst(GetParam(), way); !reason.empty()) {
      GTEST_SKIP() << reason;
    }
    ASSERT_NE(SharedWorld(), nullptr);
    RunCase(*SharedWorld(), GetParam(), way);
  }
};

TEST_P(Conformance, Whole) { Try(Way::kWhole); }
TEST_P(Conformance, Fragmented) { Try(Way::kFragmented); }
TEST_P(Conformance, Pipelined) { Try(Way::kPipelined); }

std::string NameOf(const ::testing::TestParamInfo<Case>& info) {
  return TestNameOf(info.param.name);
}

Cases Joined(const std::vector<Cases>& parts) {
  Cases all;
  for (const Cases& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

Cases Section1() { return Joined({Section1Route(), Section1Endpoint()}); }
Cases Section2() { return Section2Order(); }
Cases Section3() { return Joined({Section3Credentials(), Section3Headers(), Section3Bodies()}); }

Cases Section4() { return Joined({Section4Answers(), Section4Redirects(), Section4Connections()}); }
Cases Section5() { return Joined({Section5Gateway(), Section5Provider()}); }

INSTANTIATE_TEST_SUITE_P(Section1, Conformance, ::testing::ValuesIn(Section1()), NameOf);
INSTANTIATE_TEST_SUITE_P(Section2, Conformance, ::testing::ValuesIn(Section2()), NameOf);
INSTANTIATE_TEST_SUITE_P(Section3, Conformance, ::testing::ValuesIn(Section3()), NameOf);
INSTANTIATE_TEST_SUITE_P(Section4, Conformance, ::testing::ValuesIn(Section4()), NameOf);
INSTANTIATE_TEST_SUITE_P(Section5, Conformance, ::testing::ValuesIn(Section5()), NameOf);
INSTANTIATE_TEST_SUITE_P(Section6, Conformance, ::testing::ValuesIn(Section6Limits()), NameOf);
INSTANTIATE_TEST_SUITE_P(Section7, Conformance, ::testing::ValuesIn(Section7Parsing()), NameOf);

}  // namespace
}  // namespace sluice::test
