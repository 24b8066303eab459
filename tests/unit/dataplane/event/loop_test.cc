#include "dataplane/event/loop.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace sluice::event {
namespace {

class BareLoop final : public Loop {
 public:
  void Watch(int, uint8_t, Watcher*) override {}
  void Rewatch(int, uint8_t) override {}
  void Unwatch(int) override {}
  void Forget(int) override {}
  void Post(std::function<void()>) override {}
  void Turn() {
    BeginTurn();
    EndTurn();
  }
};

TEST(LoopTest, DeferredWorkRunsOnceAtTheEndOfTheTurn) {
  BareLoop loop;
  int ran = 0;
  Deferred deferred(loop, [&] { ++ran; });
  deferred.Schedule();
  deferred.Schedule();
  EXPECT_EQ(ran, 0);
  loop.Turn();
  EXPECT_EQ(ran, 1);
  loop.Turn();
  EXPECT_EQ(ran, 1);
  deferred.Schedule();
  loop.Turn();
  EXPECT_EQ(ran, 2);
}

TEST(LoopTest, DeferredWorkMayScheduleMore) {
  BareLoop loop;
  std::string order;
  Deferred second(loop, [&] { order += "2"; });
  Deferred first(loop, [&] {
    order += "1";
    second.Schedule();
  });
  first.Schedule();
  loop.Turn();
  EXPECT_EQ(order, "12") << "in the same turn";
}

TEST(LoopTest, CancelledAndDestroyedWorkDoesNotRun) {
  BareLoop loop;
  int ran = 0;
  auto gone = std::make_unique<Deferred>(loop, [&] { ran += 100; });
  Deferred cancelled(loop, [&] { ran += 10; });
  Deferred destroys(loop, [&] {
    ++ran;
    gone.reset();
    cancelled.Cancel();
  });
  destroys.Schedule();
  gone->Schedule();
  cancelled.Schedule();
  loop.Turn();
  EXPECT_EQ(ran, 1);
}

TEST(LoopTest, DeferredWorkMayDestroyItself) {
  BareLoop loop;
  std::unique_ptr<Deferred> self;
  int ran = 0;
  self = std::make_unique<Deferred>(loop, [&] {
    self.reset();
    ++ran;
  });
  self->Schedule();
  loop.Turn();
  EXPECT_EQ(ran, 1);
}

TEST(LoopTest, TimersRunBeforeDeferredWorkAndMaySchedule) {
  BareLoop loop;
  std::string order;
  Deferred deferred(loop, [&] { order += "d"; });
  Timer timer(loop.timers(), [&] {
    order += "t";
    deferred.Schedule();
  });
  timer.Set(loop.now());
  loop.Turn();
  EXPECT_EQ(order, "td");
}

}  // namespace
}  // namespace sluice::event
