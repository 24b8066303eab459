// The ranges of what guards providers and their keys.
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>

#include <string>

#include "common/wire/config_check.h"

namespace sluice::wire {
namespace {

using ::testing::HasSubstr;

// The first violation of a provider with these fields; "" if there is none.
std::string Problem(const std::string& fields) {
  config::v1::Provider provider;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString("name: 'x' preset: 'openai' " + fields,
                                                            &provider));
  const auto found = CheckProvider(provider);
  return found.empty() ? "" : found[0].reason;
}

TEST(GuardCheck, TakesWhatIsInRange) {
  EXPECT_EQ(Problem("key_strategy: KEY_STRATEGY_STICKY retries { max_attempts: 10 repeat_unsafe: "
                    "true } max_concurrent: 1000000 breaker { enabled: false failure_percent: 100 "
                    "minimum_requests: 1 window { seconds: 600 } open_for { nanos: 100000000 } }"),
            "");
  EXPECT_EQ(Problem("retries {} breaker {}"), "");
}

TEST(GuardCheck, NamesFieldAndRangeOfWhatIsNot) {
  EXPECT_THAT(Problem("retries { max_attempts: 0 }"),
              HasSubstr("retries.max_attempts is 0, but must be 1 to 10"));
  EXPECT_THAT(Problem("retries { max_attempts: 11 }"), HasSubstr("max_attempts"));
  EXPECT_THAT(Problem("max_concurrent: 0"), HasSubstr("max_concurrent is 0"));
  EXPECT_THAT(Problem("max_concurrent: 1000001"), HasSubstr("max_concurrent"));
  EXPECT_THAT(Problem("breaker { failure_percent: 0 }"), HasSubstr("failure_percent"));
  EXPECT_THAT(Problem("breaker { failure_percent: 101 }"), HasSubstr("failure_percent"));
  EXPECT_THAT(Problem("breaker { minimum_requests: 0 }"), HasSubstr("minimum_requests"));
  EXPECT_THAT(Problem("breaker { window { nanos: 999999999 } }"),
              HasSubstr("breaker.window must be 1s to 10m"));
  EXPECT_THAT(Problem("breaker { window { seconds: 601 } }"), HasSubstr("breaker.window"));
  EXPECT_THAT(Problem("breaker { open_for { nanos: 99999999 } }"),
              HasSubstr("breaker.open_for must be 100ms to 10m"));
  EXPECT_THAT(Problem("breaker { open_for { seconds: -1 } }"), HasSubstr("breaker.open_for"));
  EXPECT_THAT(Problem("breaker { open_for { seconds: 9223372036854775807 } }"),
              HasSubstr("breaker.open_for"));
  EXPECT_THAT(Problem("key_strategy: 9"), HasSubstr("key_strategy is 9"));
}

TEST(GuardCheck, BoundsTheWeightOfAKey) {
  config::v1::ProviderKey key;
  key.set_name("main");
  key.set_provider("x");
  for (const int weight : {1, 1000}) {
    key.set_weight(weight);
    EXPECT_TRUE(CheckProviderKey(key).empty()) << weight;
  }
  for (const int weight : {0, -1, 1001}) {
    key.set_weight(weight);
    ASSERT_EQ(CheckProviderKey(key).size(), 1u) << weight;
    EXPECT_THAT(CheckProviderKey(key)[0].reason, HasSubstr("but must be 1 to 1000"));
  }
}

}  // namespace
}  // namespace sluice::wire
