#include "controlplane/publish/rollout_watch.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sluice::publish {
namespace {

store::RolloutRow Rollout(double max_error_percent = 0) {
  store::RolloutRow rollout;
  rollout.revision = 7;
  rollout.terms = {"region=eu", 0, max_error_percent};
  return rollout;
}

admin::v1::Node Node(const std::string& id, const std::string& region, int64_t requests,
                     int64_t errors, int64_t acked = 7) {
  admin::v1::Node node;
  node.set_id(id);
  node.set_connected(true);
  (*node.mutable_labels())["region"] = region;
  node.set_requests(requests);
  node.set_errors(errors);
  node.set_acked_revision(acked);
  return node;
}

TEST(RolloutWatch, CountsTheHalvesSinceItBegan) {
  RolloutWatch watch;
  (void)watch.Look(Rollout(), {Node("c", "eu", 1000, 500), Node("o", "us", 9000, 9)});
  const auto halves =
      watch.Look(Rollout(), {Node("c", "eu", 1100, 510), Node("o", "us", 9050, 9, 6)});
  EXPECT_EQ(halves.canaries.nodes(), 1);
  EXPECT_EQ(halves.canaries.requests(), 100);
  EXPECT_EQ(halves.canaries.errors(), 10);
  EXPECT_EQ(halves.canaries.acked(), 1);
  EXPECT_EQ(halves.others.requests(), 50);
  EXPECT_EQ(halves.others.errors(), 0);
  EXPECT_EQ(halves.others.acked(), 0);
}

TEST(RolloutWatch, AnotherRolloutBeginsAnew) {
  RolloutWatch watch;
  (void)watch.Look(Rollout(), {Node("c", "eu", 10, 0)});
  store::RolloutRow next = Rollout();
  next.revision = 9;
  EXPECT_EQ(watch.Look(next, {Node("c", "eu", 90, 0)}).canaries.requests(), 0);
}

TEST(RolloutWatch, ANodeThatStartedAnewCountsFromZero) {
  RolloutWatch watch;
  (void)watch.Look(Rollout(), {Node("c", "eu", 1000, 3)});
  EXPECT_EQ(watch.Look(Rollout(), {Node("c", "eu", 40, 0)}).canaries.requests(), 40);
}

TEST(RolloutWatch, ACanarysRefusalEndsIt) {
  RolloutWatch watch;
  admin::v1::Node refuses = Node("c", "eu", 0, 0, 6);
  refuses.set_refused_revision(7);
  refuses.add_refusals("provider \"x\": bad");
  const auto why = RolloutWatch::WhyAbort(Rollout(), watch.Look(Rollout(), {refuses}));
  ASSERT_TRUE(why.has_value());
  EXPECT_NE(why->find("c: provider \"x\": bad"), std::string::npos);

  admin::v1::Node older = Node("c", "eu", 0, 0, 6);
  older.set_refused_revision(6);
  older.add_refusals("long ago");
  EXPECT_FALSE(RolloutWatch::WhyAbort(Rollout(), watch.Look(Rollout(), {older})).has_value());
  admin::v1::Node no_canary = refuses;
  (*no_canary.mutable_labels())["region"] = "us";
  EXPECT_FALSE(RolloutWatch::WhyAbort(Rollout(), watch.Look(Rollout(), {no_canary})).has_value());
}

TEST(RolloutWatch, TooManyErrorsEndItWhereThereIsARule) {
  RolloutWatch watch;
  const auto look = [&](int64_t requests, int64_t errors) {
    return watch.Look(Rollout(5), {Node("c", "eu", requests, errors)});
  };
  (void)look(0, 0);
  EXPECT_FALSE(RolloutWatch::WhyAbort(Rollout(5), look(19, 19)).has_value()) << "too few to tell";
  EXPECT_FALSE(RolloutWatch::WhyAbort(Rollout(), look(100, 100)).has_value()) << "no rule";
  EXPECT_FALSE(RolloutWatch::WhyAbort(Rollout(5), look(1000, 50)).has_value());
  const auto why = RolloutWatch::WhyAbort(Rollout(5), look(1000, 51));
  ASSERT_TRUE(why.has_value());
  EXPECT_NE(why->find("5.1%"), std::string::npos) << *why;
}

}  // namespace
}  // namespace sluice::publish
