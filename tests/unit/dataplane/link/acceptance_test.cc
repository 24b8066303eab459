// Configurations that the node holds for a divergence, and the operator's word on them.
#include <gmock/gmock.h>

#include "tests/unit/dataplane/link/control_link_fixture.h"

namespace sluice::link {
namespace {

using ::testing::HasSubstr;
using Messages = std::vector<fleet::v1::ControlMessage>;

fleet::v1::ControlMessage AcceptOf(const std::string& epoch, int64_t revision) {
  fleet::v1::ControlMessage message;
  message.mutable_accept()->set_epoch(epoch);
  message.mutable_accept()->set_revision(revision);
  return message;
}

class AcceptanceTest : public ControlLinkTest {
 protected:
  fleet::v1::ControlMessage Offer(int64_t revision) {
    return test::SnapshotOf(Sample(), "other", revision)[0];
  }
};

TEST_F(AcceptanceTest, RefusesAnotherEpochAndServesOn) {
  Resume("mine", 4);
  control_plane_.AnswerWith({test::SnapshotOf(Sample(), "other", 9)});
  Start();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kNack)));
  const auto inbox = control_plane_.Inbox();
  const auto& refusal = Last(inbox, NodeMessage::kNack).nack().refusals(0);
  EXPECT_EQ(refusal.resource(), "configuration");
  EXPECT_THAT(refusal.reason(), HasSubstr("epoch other"));
  EXPECT_EQ(slot_.Load()->epoch(), "mine");
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kHeartbeat)));
  EXPECT_EQ(Last(control_plane_.Inbox(), NodeMessage::kHeartbeat).heartbeat().serving(),
            fleet::v1::Heartbeat::LAST_KNOWN_GOOD);
}

TEST_F(AcceptanceTest, TakesADivergenceThatTheOperatorAccepts) {
  Resume("mine", 4);
  control_plane_.AnswerWith({Messages{Offer(2), AcceptOf("other", 2), Offer(2)}});
  Start();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kAck)));
  EXPECT_EQ(CountOf(control_plane_.Inbox(), NodeMessage::kNack), 1) << "before it was accepted";
  EXPECT_EQ(slot_.Load()->epoch(), "other");
  EXPECT_EQ(slot_.Load()->revision(), 2);
}

TEST_F(AcceptanceTest, IsForTheNextSnapshotOfItsEpochAndRevision) {
  Resume("mine", 4);
  control_plane_.AnswerWith({Messages{
      AcceptOf("third", 1), Offer(2),                                           // another epoch
      AcceptOf("other", 3), Offer(2),                                           // a later revision
      AcceptOf("other", 1), test::SnapshotOf("\xff", "other", 1)[0], Offer(2),  // used up
  }});
  Start();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kNack, 4)));
  EXPECT_EQ(slot_.Load()->epoch(), "mine");
}

}  // namespace
}  // namespace sluice::link
