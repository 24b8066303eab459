// Taking a node out of rotation: who can be told, and when the message goes out.
#include <gmock/gmock.h>

#include "tests/unit/controlplane/publish/fake_fleet.h"

namespace sluice::publish {
namespace {

using ::testing::HasSubstr;

class DrainTest : public PublishFixture {
 protected:
  DrainTest() {
    fleet::v1::NodeMessage message;
    message.mutable_hello()->set_node_id(node_.id);
    message.mutable_hello()->set_build("9.9");
    for (const char* capability : {"other", "drain"}) {
      message.mutable_hello()->add_capabilities(capability);
    }
    node_.session->OnMessage(message);
  }

  FakeNode node_{hub_, "n1"};
};

TEST_F(DrainTest, TheNodeIsToldBehindWhatIsBeingSent) {
  ASSERT_TRUE(node_.outlet.writing) << "its first snapshot";
  ASSERT_TRUE(hub_.Drain("n1", true).ok());
  EXPECT_EQ(node_.outlet.messages.size(), 1u);
  node_.Taken();
  ASSERT_EQ(node_.outlet.messages.size(), 2u);
  ASSERT_TRUE(node_.outlet.messages[1].has_drain());
  EXPECT_TRUE(node_.outlet.messages[1].drain().on());
}

TEST_F(DrainTest, OfSeveralWordsTheLastCounts) {
  ASSERT_TRUE(hub_.Drain("n1", true).ok());
  ASSERT_TRUE(hub_.Drain("n1", false).ok());
  node_.Taken();
  ASSERT_EQ(node_.outlet.messages.size(), 2u);
  EXPECT_FALSE(node_.outlet.messages[1].drain().on());
  node_.Taken();
  EXPECT_EQ(node_.outlet.messages.size(), 2u) << "said once";
}

TEST_F(DrainTest, OnlyAConnectedNodeThatCanDoItIsTold) {
  EXPECT_EQ(hub_.Drain("n2", true).code(), absl::StatusCode::kNotFound);
  FakeNode old(hub_, "old");
  old.Hello();
  const absl::Status refused = hub_.Drain("old", true);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("node \"old\""));
  hub_.Leave(node_.session);
  EXPECT_EQ(hub_.Drain("n1", true).code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace sluice::publish
