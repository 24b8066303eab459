#include "controlplane/publish/canary_selection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "common/base/text.h"

namespace sluice::publish {
namespace {

std::vector<admin::v1::Node> Nodes(int count) {
  std::vector<admin::v1::Node> nodes(count);
  for (int i = 0; i < count; ++i) {
    nodes[i].set_id(base::Cat("node-", i));
    nodes[i].set_connected(true);
    (*nodes[i].mutable_labels())["region"] = i % 4 == 0 ? "eu" : "us";
  }
  return nodes;
}

int64_t Selected(const store::RolloutTerms& terms, const std::vector<admin::v1::Node>& nodes) {
  return std::count_if(nodes.begin(), nodes.end(),
                       [&](const auto& node) { return IsCanary(terms, node.id(), node.labels()); });
}

TEST(CanarySelection, SelectsByLabel) {
  const auto nodes = Nodes(20);
  const auto terms = ChooseTerms("region=eu", "", nodes);
  ASSERT_TRUE(terms.ok()) << terms.status();
  EXPECT_EQ(Selected(*terms, nodes), 5);
}

TEST(CanarySelection, SelectsThePercentageOfTheConnectedOnesAndOneAtLeast) {
  const auto nodes = Nodes(200);
  for (const auto& [text, count] :
       std::vector<std::pair<std::string, int>>{{"10%", 20}, {"50%", 100}, {"0.1%", 1}}) {
    const auto terms = ChooseTerms(text, "", nodes);
    ASSERT_TRUE(terms.ok()) << terms.status();
    EXPECT_EQ(Selected(*terms, nodes), count) << text;
  }
  const auto few = Nodes(3);
  EXPECT_EQ(Selected(*ChooseTerms("10%", "", few), few), 1);
}

TEST(CanarySelection, ASmallerPartIsWithinALargerOne) {
  const auto nodes = Nodes(100);
  const auto ten = ChooseTerms("10%", "", nodes);
  const auto half = ChooseTerms("50%", "", nodes);
  for (const auto& node : nodes) {
    if (!IsCanary(*ten, node.id(), node.labels())) continue;
    EXPECT_TRUE(IsCanary(*half, node.id(), node.labels())) << node.id();
  }
}

TEST(CanarySelection, RefusesWhatSelectsNobody) {
  auto nodes = Nodes(4);
  EXPECT_TRUE(absl::IsFailedPrecondition(ChooseTerms("region=mars", "", nodes).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(ChooseTerms("10%", "", {}).status()));
  for (auto& node : nodes) node.set_connected(false);
  EXPECT_TRUE(absl::IsFailedPrecondition(ChooseTerms("region=eu", "", nodes).status()));
}

TEST(CanarySelection, RefusesWhatIsNoSelector) {
  const auto nodes = Nodes(4);
  for (const char* text : {"", "eu", "=eu", "0%", "100%", "-1%", "nan%", "%", "1e9%"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ChooseTerms(text, "", nodes).status())) << text;
  }
  EXPECT_TRUE(absl::IsInvalidArgument(ChooseTerms("50%", "many", nodes).status()));
  EXPECT_EQ(ChooseTerms("50%", "2.5%", nodes)->max_error_percent, 2.5);
}

}  // namespace
}  // namespace sluice::publish
