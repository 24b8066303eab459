// No rule of the contract was left out of the table.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "tests/integration/conformance/rows.h"
#include "tests/integration/conformance/text.h"

namespace sluice::test {
namespace {

// Names of tests begin with these: numbers of rules, and the words of sections 5 and 7.
const char* const kRules[] = {
    "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "1.8", "2",   "3.1", "3.2", "3.3", "3.4",
    "3.5", "3.6", "4.1", "4.2", "4.3", "4.4", "4.5", "4.6", "4.7", "4.8", "5",   "6",   "7",
};

// Rows of the error table that this version gives. Those that need a data plane of their own are
// tests in life_test.cc.
const char* const kCodes[] = {
    "malformed_request",    "endpoint_required",    "v1_alias_disabled",
    "invalid_path",         "provider_not_enabled", "missing_api_key",
    "invalid_api_key",      "permission_denied",    "passthrough_disabled",
    "unknown_route",        "method_not_allowed",   "request_timeout",
    "request_too_large",    "headers_too_large",    "provider_key_missing",
    "upstream_unreachable", "upstream_reset",       "upstream_protocol_error",
    "upstream_timeout",     "upstream_tls_error",
};
const char* const kStates[] = {"draining", "overloaded", "not_ready"};

// The clauses of section 7, in its order.
const char* const kClauses[] = {
    "7 a length and a coding",
    "7 two different lengths",
    "7 a Transfer-Encoding of",
    "7 a folded header line",
    "7 a bare LF",
    "7 a bare CR",
    "7 NUL",
    "7 white space before the colon",
    "7 a bad chunk size",
    "7 no Host",
    "7 Host twice",
    "7 a bad method",
    "7 a bad version",
};

// The rows of section 6.
const char* const kLimits[] = {
    "6 request line",
    "6 headers",
    "6 number of fields",
    "6 body",
    "6 headers that stop",
    "6 a body that",
    "6 between two requests",
    "6 a client that takes nothing",
    "6 buffers",
};

// The names of all tests of the program without their way, as TestNameOf writes them.
std::set<std::string> TestNames() {
  std::set<std::string> names;
  const ::testing::UnitTest& all = *::testing::UnitTest::GetInstance();
  for (int i = 0; i < all.total_test_suite_count(); ++i) {
    const ::testing::TestSuite& suite = *all.GetTestSuite(i);
    for (int j = 0; j < suite.total_test_count(); ++j) {
      const std::string name = suite.GetTestInfo(j)->name();
      const size_t slash = name.find('/');
      names.insert(slash == std::string::npos ? name : name.substr(slash + 1));
    }
  }
  return names;
}

bool AnyBegins(const std::set<std::string>& names, const std::string& words) {
  const std::string begin = TestNameOf(words);
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return name.starts_with(begin) || name.starts_with("Rule_" + begin);
  });
}

Cases AllCases() {
  Cases all;
  for (const Cases& part :
       {Section1Route(), Section1Endpoint(), Section2Order(), Section3Credentials(),
        Section3Headers(), Section3Bodies(), Section4Answers(), Section4Redirects(),
        Section4Connections(), Section5Gateway(), Section5Provider(), Section6Limits(),
        Section7Parsing()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

TEST(CoverageTest, EveryRuleHasItsCases) {
  const std::set<std::string> names = TestNames();
  for (const char* rule : kRules) {
    EXPECT_TRUE(AnyBegins(names, std::string(rule) + " ")) << rule;
  }
  for (const char* clause : kClauses) EXPECT_TRUE(AnyBegins(names, clause)) << clause;
  for (const char* limit : kLimits) EXPECT_TRUE(AnyBegins(names, limit)) << limit;
  for (const char* state : kStates)
    EXPECT_TRUE(AnyBegins(names, std::string("5 ") + state)) << state;
}

TEST(CoverageTest, EveryCodeOfTheTableIsExpectedSomewhere) {
  std::set<std::string> expected;
  for (const Case& test : AllCases()) {
    if (test.received.envelope) expected.insert(test.received.envelope->code);
  }
  for (const char* code : kCodes) EXPECT_EQ(expected.count(code), 1u) << code;
}

TEST(CoverageTest, TheTableIsAsLargeAsThePromiseNeeds) {
  const Cases all = AllCases();
  EXPECT_GE(all.size(), 300u);
  std::set<std::string> names;
  for (const Case& test : all) EXPECT_TRUE(names.insert(TestNameOf(test.name)).second) << test.name;
}

}  // namespace
}  // namespace sluice::test
