#include "dataplane/event/timer.h"

namespace sluice::event {

void Timer::Set(MonoTime deadline) {
  deadline_ = deadline;
  armed_ = true;
  if (heap_at_ == kNowhere) {
    heap_key_ = deadline;
    queue_.Insert(this);
  } else if (deadline < heap_key_) {
    heap_key_ = deadline;
    queue_.Up(heap_at_);
  }
}

void Timer::Cancel() {
  armed_ = false;
  if (heap_at_ != kNowhere) queue_.Erase(this);
}

MonoTime TimerQueue::Next() const { return heap_.empty() ? MonoTime::max() : heap_[0]->heap_key_; }

void TimerQueue::RunDue(MonoTime now) {
  // Bounded by the timers present at the start, so a task that re-arms at once cannot hold the
  // loop.
  for (size_t budget = heap_.size(); budget > 0 && !heap_.empty(); --budget) {
    Timer* timer = heap_[0];
    if (timer->heap_key_ > now) return;
    if (timer->deadline_ > now) {
      timer->heap_key_ = timer->deadline_;
      Down(0);
      continue;
    }
    Erase(timer);
    timer->armed_ = false;
    // Copied, not moved: the task may destroy its timer, and with it the stored function.
    std::function<void()> task = timer->task_;
    task();
  }
}

void TimerQueue::Insert(Timer* timer) {
  heap_.push_back(timer);
  timer->heap_at_ = heap_.size() - 1;
  Up(timer->heap_at_);
}

void TimerQueue::Erase(Timer* timer) {
  size_t at = timer->heap_at_;
  timer->heap_at_ = Timer::kNowhere;
  Timer* last = heap_.back();
  heap_.pop_back();
  if (last == timer) return;
  Place(at, last);
  Up(at);
  Down(last->heap_at_);
}

void TimerQueue::Place(size_t at, Timer* timer) {
  heap_[at] = timer;
  timer->heap_at_ = at;
}

void TimerQueue::Up(size_t at) {
  Timer* timer = heap_[at];
  while (at > 0) {
    size_t parent = (at - 1) / 2;
    if (heap_[parent]->heap_key_ <= timer->heap_key_) break;
    Place(at, heap_[parent]);
    at = parent;
  }
  Place(at, timer);
}

void TimerQueue::Down(size_t at) {
  Timer* timer = heap_[at];
  for (;;) {
    size_t child = 2 * at + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1]->heap_key_ < heap_[child]->heap_key_) ++child;
    if (timer->heap_key_ <= heap_[child]->heap_key_) break;
    Place(at, heap_[child]);
    at = child;
  }
  Place(at, timer);
}

}  // namespace sluice::event
