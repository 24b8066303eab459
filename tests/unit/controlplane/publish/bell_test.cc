// A bell that rings at the worst moments.
#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "tests/unit/controlplane/publish/fake_fleet.h"

namespace sluice::publish {
namespace {

using BellTest = PublishFixture;

// A clock that lets another thread ring all nodes whenever this thread looks at it.
class RingingClock : public base::Clock {
 public:
  ~RingingClock() override {
    for (std::thread& bell : bells_) bell.join();
  }
  absl::Time Now() const override {
    if (hub_ == nullptr || std::this_thread::get_id() != thread_) return store::kTestTime;
    auto rung = std::make_shared<absl::Notification>();
    bells_.emplace_back([this, rung] {
      hub_->RingAll();
      rung->Notify();
    });
    // Not for ever: who looks may hold a lock that the bell waits for.
    rung->WaitForNotificationWithTimeout(absl::Milliseconds(100));
    return store::kTestTime;
  }
  void Begin(WatchHub& hub) { hub_ = &hub; }

 private:
  const std::thread::id thread_ = std::this_thread::get_id();
  WatchHub* hub_ = nullptr;
  mutable std::vector<std::thread> bells_;
};

TEST_F(BellTest, ABellDuringAnAckSendsADeltaFromWhatWasAcked) {
  RingingClock clock;
  WatchHub hub(publisher_, registry_, clock);
  FakeNode node(hub, "n1");
  node.Hello();
  node.TakenAndAcked();
  Write("a");
  hub.RingAll();
  node.Taken();
  ASSERT_TRUE(store::Commit(*store_, store::ProviderRow("b")).ok());
  ASSERT_TRUE(publisher_.Refresh().ok());
  ASSERT_EQ(node.outlet.messages.size(), 2u);
  clock.Begin(hub);
  node.AckLast();
  ASSERT_EQ(node.outlet.messages.size(), 3u);
  EXPECT_EQ(node.last_delta().from(), 1);
  EXPECT_EQ(node.last_delta().to(), 2);
}

}  // namespace
}  // namespace sluice::publish
