#include "dataplane/config/divergence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/dataplane/config/sample_configuration.h"

namespace sluice::config {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const Holdings kServed{.epoch = "aaa", .revision = 10, .providers = 2, .keys = 3};

TEST(Divergence, FollowsWhatIsNewerAndWhole) {
  EXPECT_EQ(FindDivergence(kServed, {.epoch = "aaa", .revision = 11, .providers = 2, .keys = 3}),
            std::nullopt);
  EXPECT_EQ(FindDivergence(kServed, {.epoch = "aaa", .revision = 99, .providers = 1, .keys = 1}),
            std::nullopt);
}

TEST(Divergence, FollowsTheSameRevision) {
  EXPECT_EQ(FindDivergence(kServed, kServed), std::nullopt);
}

TEST(Divergence, RefusesAnotherEpochAndSaysTheWayOut) {
  const auto refusal =
      FindDivergence(kServed, {.epoch = "bbb", .revision = 11, .providers = 2, .keys = 3});
  ASSERT_TRUE(refusal.has_value());
  EXPECT_THAT(*refusal, AllOf(HasSubstr("divergence"), HasSubstr("epoch bbb"), HasSubstr("aaa"),
                              HasSubstr("sluicectl node accept")));
}

TEST(Divergence, RefusesALowerRevision) {
  const auto refusal =
      FindDivergence(kServed, {.epoch = "aaa", .revision = 9, .providers = 2, .keys = 3});
  ASSERT_TRUE(refusal.has_value());
  EXPECT_THAT(*refusal, AllOf(HasSubstr("revision 9"), HasSubstr("revision 10"),
                              HasSubstr("sluicectl node accept")));
}

TEST(Divergence, RefusesTheLossOfAllProviders) {
  const auto refusal =
      FindDivergence(kServed, {.epoch = "aaa", .revision = 11, .providers = 0, .keys = 3});
  ASSERT_TRUE(refusal.has_value());
  EXPECT_THAT(*refusal, HasSubstr("no provider at all"));
}

TEST(Divergence, RefusesTheLossOfAllKeys) {
  const auto refusal =
      FindDivergence(kServed, {.epoch = "aaa", .revision = 11, .providers = 2, .keys = 0});
  ASSERT_TRUE(refusal.has_value());
  EXPECT_THAT(*refusal, HasSubstr("no provider key and no client key"));
}

TEST(Divergence, ANodeWithNothingFollowsNothing) {
  const Holdings empty{.epoch = "aaa", .revision = 1};
  EXPECT_EQ(FindDivergence(empty, {.epoch = "aaa", .revision = 2}), std::nullopt);
}

TEST(Divergence, RefusesAnotherHistoryOfItsEpoch) {
  const auto refusal = FindDivergence(
      kServed, {.epoch = "aaa", .revision = 11, .providers = 2, .keys = 3, .forked = true});
  ASSERT_TRUE(refusal.has_value());
  EXPECT_THAT(*refusal, AllOf(HasSubstr("divergence"), HasSubstr("revision 11"),
                              HasSubstr("revision 10"), HasSubstr("sluicectl node accept")));
}

HeldConfiguration Held(const v1::Configuration& configuration, int64_t revision) {
  return {{"aaa", revision, "", ""}, test::ResourcesOf(configuration)};
}

// A revocation only takes something away: it must never wait for an operator at the node.
TEST(Divergence, FollowsTheRevocationOfTheLastClientKey) {
  v1::Configuration configuration = test::SampleConfiguration();
  const Holdings before = HoldingsOf(Held(configuration, 1));
  configuration.clear_client_keys();
  EXPECT_EQ(FindDivergence(before, HoldingsOf(Held(configuration, 2))), std::nullopt);
}

TEST(Divergence, CountsProvidersAndKeysOfBothKinds) {
  const Holdings holdings = HoldingsOf(Held(test::SampleConfiguration(), 1));
  EXPECT_EQ(holdings.revision, 1);
  EXPECT_EQ(holdings.providers, 1U);
  EXPECT_EQ(holdings.keys, 2U);
}

}  // namespace
}  // namespace sluice::config
