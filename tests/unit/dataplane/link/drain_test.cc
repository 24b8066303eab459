// The operator's word on the node's place in its load balancers' rotation.
#include <gmock/gmock.h>

#include "absl/synchronization/mutex.h"
#include "tests/unit/dataplane/link/control_link_fixture.h"

namespace sluice::link {
namespace {

using ::testing::ElementsAre;
using Messages = std::vector<fleet::v1::ControlMessage>;

fleet::v1::ControlMessage DrainOf(bool on) {
  fleet::v1::ControlMessage message;
  message.mutable_drain()->set_on(on);
  return message;
}

class DrainTest : public ControlLinkTest {
 protected:
  DrainTest() {
    options_.heartbeat = std::chrono::hours(1);
    options_.on_drain = [this](bool on) {
      absl::MutexLock lock(&mutex_);
      told_.push_back(on);
    };
  }
  ~DrainTest() override {
    if (link_) link_->Stop();
  }
  std::vector<bool> Told(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [&] { return told_.size() >= count; };
    mutex_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(10));
    return told_;
  }

  absl::Mutex mutex_;
  std::vector<bool> told_;
};

TEST_F(DrainTest, IsPassedOnAndTheNodeSaysSoAtOnce) {
  control_plane_.AnswerWith({test::SnapshotOf(Sample(), "e", 1)});
  Start();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kHeartbeat)));
  control_plane_.Push({DrainOf(true)});
  EXPECT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kHeartbeat, 2)));
  EXPECT_THAT(Told(2), ElementsAre(false, true));
  control_plane_.Push({DrainOf(false)});
  EXPECT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kHeartbeat, 3)));
  EXPECT_THAT(Told(3), ElementsAre(false, true, false));
}

TEST_F(DrainTest, ANewConnectionEndsIt) {
  control_plane_.HangUp(true);
  control_plane_.AnswerWith({Messages{DrainOf(true)}, Messages{test::UpToDate(0)}});
  Start();
  const std::vector<bool> told = Told(3);
  ASSERT_GE(told.size(), 3u);
  EXPECT_TRUE(told[1]);
  EXPECT_FALSE(told[2]);
}

TEST_F(DrainTest, TheNodeSaysThatItCanDoIt) {
  Start();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kHello)));
  const auto inbox = control_plane_.Inbox();
  const auto& capabilities = inbox[0].hello().capabilities();
  EXPECT_NE(std::find(capabilities.begin(), capabilities.end(), "drain"), capabilities.end());
}

}  // namespace
}  // namespace sluice::link
