// Deadlines of one worker thread: a binary heap of timers that know their place in it.
//
// Pushing a deadline back, which every byte of a stream does, only writes the new time; the heap is
// put right when the old time comes. One thread; a Timer must end before its TimerQueue.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <vector>

namespace sluice::event {

using MonoTime = std::chrono::steady_clock::time_point;
using Millis = std::chrono::milliseconds;

class TimerQueue;

class Timer {
 public:
  // `task` runs on the loop when the deadline has passed; it may set the timer again, or destroy
  // it.
  Timer(TimerQueue& queue, std::function<void()> task) : queue_(queue), task_(std::move(task)) {}
  ~Timer() { Cancel(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void Set(MonoTime deadline);
  void Cancel();
  bool armed() const { return armed_; }

 private:
  friend class TimerQueue;
  static constexpr size_t kNowhere = static_cast<size_t>(-1);

  TimerQueue& queue_;
  std::function<void()> task_;
  MonoTime deadline_{};  // what the owner wants
  MonoTime heap_key_{};  // where the heap has it; never after deadline_ while armed
  size_t heap_at_ = kNowhere;
  bool armed_ = false;
};

class TimerQueue {
 public:
  TimerQueue() = default;
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;

  bool empty() const { return heap_.empty(); }
  // A time before which no timer is due; MonoTime::max() if there is none.
  MonoTime Next() const;
  // Runs what is due at `now`. A timer set by a task for a time that has passed runs at the next
  // call.
  void RunDue(MonoTime now);

 private:
  friend class Timer;
  void Insert(Timer* timer);
  void Erase(Timer* timer);
  void Place(size_t at, Timer* timer);
  void Up(size_t at);
  void Down(size_t at);

  std::vector<Timer*> heap_;
};

}  // namespace sluice::event
