#include "dataplane/observe/node_id.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/file.h"
#include "tests/support/temp_folder.h"

namespace sluice::observe {
namespace {

using ::testing::HasSubstr;

TEST(NodeId, IsMadeOnceAndKept) {
  test::TempFolder folder;
  const auto first = LoadOrMakeNodeId(folder.path());
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_TRUE(IsNodeId(*first));
  EXPECT_EQ(*LoadOrMakeNodeId(folder.path()), *first);
}

TEST(NodeId, DiffersBetweenNodes) {
  test::TempFolder one;
  test::TempFolder two;
  EXPECT_NE(*LoadOrMakeNodeId(one.path()), *LoadOrMakeNodeId(two.path()));
}

TEST(NodeId, TakesWhatAnOperatorWrote) {
  test::TempFolder folder;
  ASSERT_TRUE(base::WriteFileAtomically(folder.File("node.id"), " edge-7.eu\n").ok());
  EXPECT_EQ(*LoadOrMakeNodeId(folder.path()), "edge-7.eu");
}

TEST(NodeId, NamesAFileThatHoldsNone) {
  test::TempFolder folder;
  for (const std::string& content : {std::string(), std::string("two words"), std::string(64, 'x'),
                                     std::string("-first"), std::string("caf\xc3\xa9")}) {
    ASSERT_TRUE(base::WriteFileAtomically(folder.File("node.id"), content).ok());
    const auto id = LoadOrMakeNodeId(folder.path());
    EXPECT_EQ(id.status().code(), absl::StatusCode::kFailedPrecondition) << content;
    EXPECT_THAT(std::string(id.status().message()), HasSubstr(folder.File("node.id")));
  }
}

TEST(NodeId, SaysWhereItCannotBeKept) {
  const auto id = LoadOrMakeNodeId("/nowhere/at/all");
  EXPECT_FALSE(id.ok());
  EXPECT_THAT(std::string(id.status().message()), HasSubstr("/nowhere/at/all"));
}

}  // namespace
}  // namespace sluice::observe
