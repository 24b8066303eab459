#include "tests/bench/fleet/timetable.h"

#include "absl/time/time.h"

namespace sluice::bench {

Timetable::~Timetable() {
  {
    absl::MutexLock lock(&mutex_);
    ending_ = changed_ = true;
  }
  thread_.join();
}

void Timetable::After(SteadyClock::duration delay, std::function<void()> task) {
  absl::MutexLock lock(&mutex_);
  tasks_.emplace(std::pair(SteadyClock::now() + delay, next_++), std::move(task));
  changed_ = true;
}

void Timetable::Run() {
  absl::MutexLock lock(&mutex_);
  while (!ending_) {
    if (tasks_.empty()) {
      mutex_.Await(absl::Condition(&changed_));
    } else {
      const auto wait = tasks_.begin()->first.first - SteadyClock::now();
      mutex_.AwaitWithTimeout(absl::Condition(&changed_), absl::FromChrono(wait));
    }
    changed_ = false;
    while (!ending_ && !tasks_.empty() && tasks_.begin()->first.first <= SteadyClock::now()) {
      const auto task = std::move(tasks_.extract(tasks_.begin()).mapped());
      mutex_.Unlock();
      task();
      mutex_.Lock();
    }
  }
}

}  // namespace sluice::bench
