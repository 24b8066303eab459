#include "dataplane/event/timer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <vector>

namespace sluice::event {
namespace {

MonoTime At(int ms) { return MonoTime() + Millis(ms); }

TEST(TimerTest, RunsWhatIsDueInOrder) {
  TimerQueue queue;
  std::vector<int> ran;
  Timer a(queue, [&] { ran.push_back(1); });
  Timer b(queue, [&] { ran.push_back(2); });
  Timer c(queue, [&] { ran.push_back(3); });
  c.Set(At(30));
  a.Set(At(10));
  b.Set(At(20));
  EXPECT_EQ(queue.Next(), At(10));
  queue.RunDue(At(9));
  EXPECT_TRUE(ran.empty());
  queue.RunDue(At(20));
  EXPECT_EQ(ran, (std::vector<int>{1, 2}));
  EXPECT_FALSE(a.armed());
  EXPECT_TRUE(c.armed());
}

TEST(TimerTest, ADeadlinePushedBackIsKept) {
  TimerQueue queue;
  int ran = 0;
  Timer timer(queue, [&] { ++ran; });
  timer.Set(At(10));
  timer.Set(At(50));
  queue.RunDue(At(20));
  EXPECT_EQ(ran, 0);
  EXPECT_EQ(queue.Next(), At(50));
  timer.Set(At(30));
  EXPECT_EQ(queue.Next(), At(30));
  queue.RunDue(At(30));
  EXPECT_EQ(ran, 1);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.Next(), MonoTime::max());
}

TEST(TimerTest, CancelledOrDestroyedTimersDoNotRun) {
  TimerQueue queue;
  int ran = 0;
  Timer kept(queue, [&] { ++ran; });
  auto gone = std::make_unique<Timer>(queue, [&] { ran += 100; });
  kept.Set(At(10));
  gone->Set(At(5));
  gone.reset();
  kept.Cancel();
  queue.RunDue(At(100));
  EXPECT_EQ(ran, 0);
  kept.Set(At(200));
  queue.RunDue(At(200));
  EXPECT_EQ(ran, 1);
}

TEST(TimerTest, ATaskMayDestroyItsTimerOrSetItAgain) {
  TimerQueue queue;
  int ran = 0;
  std::optional<Timer> self;
  self.emplace(queue, [&] {
    ++ran;
    self.reset();
  });
  self->Set(At(1));
  Timer again(queue, [&] {
    ++ran;
    again.Set(At(1));
  });
  again.Set(At(1));
  queue.RunDue(At(5));
  EXPECT_EQ(ran, 2) << "a timer set for a time that has passed waits for the next call";
  EXPECT_TRUE(again.armed());
  queue.RunDue(At(5));
  EXPECT_EQ(ran, 3);
}

TEST(TimerTest, AgreesWithASortedListUnderRandomUse) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  TimerQueue queue;
  std::map<int, int> due;  // timer -> deadline
  std::vector<int> ran;
  std::vector<std::unique_ptr<Timer>> timers;
  for (int i = 0; i < 40; ++i) {
    timers.push_back(std::make_unique<Timer>(queue, [&ran, i] { ran.push_back(i); }));
  }
  for (int now = 1; now <= 3000; ++now) {
    const int i = static_cast<int>(random() % 40);
    if (random() % 4 == 0) {
      timers[i]->Cancel();
      due.erase(i);
    } else {
      due[i] = now + static_cast<int>(random() % 60);
      timers[i]->Set(At(due[i]));
    }
    ran.clear();
    queue.RunDue(At(now));
    std::vector<int> expected;
    for (const auto& [timer, deadline] : due) {
      if (deadline <= now) expected.push_back(timer);
    }
    for (int timer : expected) due.erase(timer);
    std::sort(ran.begin(), ran.end());
    ASSERT_EQ(ran, expected) << "at " << now;
    for (const auto& [timer, deadline] : due) ASSERT_LE(queue.Next(), At(deadline)) << timer;
  }
}

}  // namespace
}  // namespace sluice::event
