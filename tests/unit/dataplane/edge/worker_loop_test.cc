#include "dataplane/edge/worker_loop.h"

#include <gtest/gtest.h>
#include <pistache/os.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace sluice::edge {
namespace {

using Pistache::Polling::NotifyOn;

class Noted final : public event::Watcher {
 public:
  void OnReady(event::Ready ready) override {
    calls += std::string(ready.readable ? "r" : "") + (ready.writable ? "w" : "") +
             (ready.hangup ? "h" : "") + ";";
  }
  std::string calls;
};

class WorkerLoopTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(loop_.Bind(poller_).ok());
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds_), 0);
  }
  void TearDown() override {
    for (int fd : fds_) {
      if (fd >= 0) close(fd);
    }
  }
  // One turn, as the transport does it; false if nothing came within `wait`.
  bool Turn(std::chrono::milliseconds wait = std::chrono::milliseconds(0)) {
    std::vector<Pistache::Polling::Event> events;
    if (poller_.poll(events, wait) <= 0) return false;
    loop_.Begin();
    for (const auto& event : events) {
      loop_.Dispatch(static_cast<int>(event.tag.value()),
                     {event.flags.hasFlag(NotifyOn::Read), event.flags.hasFlag(NotifyOn::Write),
                      event.flags.hasFlag(NotifyOn::Hangup)});
    }
    loop_.RunPosted();
    loop_.Finish();
    loop_.ArmTimer();
    return true;
  }
  void CloseOther() {
    close(fds_[1]);
    fds_[1] = -1;
  }

  Pistache::Polling::Epoll poller_;
  WorkerLoop loop_;
  int fds_[2] = {-1, -1};
};

constexpr std::chrono::seconds kLong{20};

TEST_F(WorkerLoopTest, TellsAWatcherWhatItAskedFor) {
  Noted noted;
  loop_.Watch(fds_[0], event::kRead, &noted);
  EXPECT_FALSE(Turn());
  ASSERT_EQ(write(fds_[1], "x", 1), 1);
  EXPECT_TRUE(Turn());
  EXPECT_TRUE(Turn()) << "level-triggered: the byte is still there";
  EXPECT_EQ(noted.calls, "r;r;");
  loop_.Rewatch(fds_[0], event::kWrite);
  EXPECT_TRUE(Turn());
  EXPECT_EQ(noted.calls, "r;r;w;");
  loop_.Rewatch(fds_[0], event::kRead | event::kWrite);
  EXPECT_TRUE(Turn());
  EXPECT_EQ(noted.calls, "r;r;w;rw;");
  loop_.Unwatch(fds_[0]);
  EXPECT_FALSE(Turn());
}

TEST_F(WorkerLoopTest, AnFdNobodyWantsAnythingFromIsQuietEvenWhenItHangsUp) {
  Noted noted;
  loop_.Watch(fds_[0], event::kNone, &noted);
  CloseOther();
  EXPECT_FALSE(Turn());
  loop_.Rewatch(fds_[0], event::kRead);
  EXPECT_TRUE(Turn());
  EXPECT_EQ(noted.calls, "rh;");
  loop_.Rewatch(fds_[0], event::kNone);
  EXPECT_FALSE(Turn());
  loop_.Unwatch(fds_[0]);
}

TEST_F(WorkerLoopTest, AForgottenFdMayComeBackAsAnother) {
  Noted first, second;
  loop_.Watch(fds_[0], event::kRead, &first);
  const int number = fds_[0];
  close(fds_[0]);
  loop_.Forget(number);
  EXPECT_EQ(dup2(fds_[1], number), number);
  loop_.Watch(number, event::kWrite, &second);
  EXPECT_TRUE(Turn());
  EXPECT_EQ(first.calls, "");
  EXPECT_NE(second.calls, "");
  loop_.Unwatch(number);
}

TEST_F(WorkerLoopTest, WakesForTheEarliestTimerOnly) {
  std::string order;
  event::Timer late(loop_.timers(), [&] { order += "late;"; });
  event::Timer soon(loop_.timers(), [&] { order += "soon;"; });
  late.Set(loop_.now() + std::chrono::hours(1));
  loop_.ArmTimer();
  soon.Set(loop_.now() + event::Millis(20));
  loop_.ArmTimer();
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(Turn(kLong));
  EXPECT_GE(std::chrono::steady_clock::now() - start, event::Millis(15));
  EXPECT_EQ(order, "soon;");
  soon.Set(loop_.now() - event::Millis(5));
  loop_.ArmTimer();
  EXPECT_TRUE(Turn(kLong)) << "a time that has passed comes at once";
  EXPECT_EQ(order, "soon;soon;");
  EXPECT_FALSE(Turn());
}

TEST_F(WorkerLoopTest, RunsWhatOtherThreadsPost) {
  int ran = 0;
  std::thread other([&] {
    for (int i = 0; i < 100; ++i) loop_.Post([&] { ++ran; });
  });
  while (ran < 100) ASSERT_TRUE(Turn(kLong));
  other.join();
  EXPECT_EQ(ran, 100);
}

TEST_F(WorkerLoopTest, WhatIsPostedIsBounded) {
  size_t ran = 0;
  for (size_t i = 0; i < WorkerLoop::kMaxPosted; ++i) {
    ASSERT_TRUE(loop_.TryPost([&] { ++ran; }));
  }
  EXPECT_FALSE(loop_.TryPost([&] { ++ran; }));
  EXPECT_TRUE(Turn(kLong));
  EXPECT_EQ(ran, WorkerLoop::kMaxPosted);
  EXPECT_TRUE(loop_.TryPost([&] { ++ran; }));
}

TEST_F(WorkerLoopTest, NothingRunsAfterTheEnd) {
  bool ran = false;
  loop_.Post([&] { ran = true; });
  loop_.End();
  EXPECT_FALSE(loop_.TryPost([&] { ran = true; }));
  Turn();
  EXPECT_FALSE(ran);
}

TEST_F(WorkerLoopTest, AnExceptionOfOneTaskDoesNotStopTheNext) {
  bool ran = false;
  loop_.Post([] { throw std::runtime_error("as the test says"); });
  loop_.Post([&] { ran = true; });
  EXPECT_TRUE(Turn(kLong));
  EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace sluice::edge
