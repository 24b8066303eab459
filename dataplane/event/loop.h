// One worker's event loop as the rest of the data plane sees it. Who waits for the events is the
// door's matter: edge/ runs it on Pistache's poller, tests on an epoll of their own.
//
// One turn: wait; tell each ready fd's watcher; run the timers that are due; run what was deferred,
// until nothing is. Everything but Post belongs to the loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "dataplane/event/timer.h"

namespace sluice::event {

enum Interest : uint8_t { kNone = 0, kRead = 1, kWrite = 2 };

struct Ready {
  bool readable = false;
  bool writable = false;
  bool hangup = false;  // both directions are closed, or an error stands
};

// Told of readiness, level-triggered. A call may be spurious: an fd number can have changed hands
// since the kernel was asked, so reads and writes must not block, and must take EAGAIN for an
// answer.
class Watcher {
 public:
  virtual void OnReady(Ready ready) = 0;

 protected:
  ~Watcher() = default;
};

class Loop;

// Work for the end of the current turn. Scheduling it twice runs it once. Destroying it takes it
// back.
class Deferred {
 public:
  Deferred(Loop& loop, std::function<void()> task) : loop_(loop), task_(std::move(task)) {}
  ~Deferred() { Cancel(); }
  Deferred(const Deferred&) = delete;
  Deferred& operator=(const Deferred&) = delete;

  void Schedule();
  void Cancel();

 private:
  friend class Loop;
  Loop& loop_;
  std::function<void()> task_;
  bool scheduled_ = false;
};

class Loop {
 public:
  virtual ~Loop() = default;
  Loop() = default;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // `watcher` must stay until Unwatch(fd), which must come before the fd is closed.
  virtual void Watch(int fd, uint8_t interest, Watcher* watcher) = 0;
  virtual void Rewatch(int fd, uint8_t interest) = 0;
  virtual void Unwatch(int fd) = 0;
  // For an fd that somebody closed before it was unwatched: the kernel has dropped it, the loop
  // must too.
  virtual void Forget(int fd) = 0;
  // From any thread: runs `task` on the loop's thread, soon. Tasks posted after the loop has ended
  // are dropped.
  virtual void Post(std::function<void()> task) = 0;

  // The time at which this turn began.
  MonoTime now() const { return now_; }
  TimerQueue& timers() { return timers_; }

 protected:
  // For who runs the turns.
  void BeginTurn() { now_ = std::chrono::steady_clock::now(); }
  // Runs due timers, then deferred work until there is none.
  void EndTurn();

 private:
  friend class Deferred;

  MonoTime now_ = std::chrono::steady_clock::now();
  TimerQueue timers_;
  std::vector<Deferred*> deferred_;
};

}  // namespace sluice::event
