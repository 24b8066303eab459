// What is to happen later: heartbeats and reconnects of simulated nodes, on one thread of its own.
//
// Thread-safe. Tasks must be quick. After the destructor nothing runs any more.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace sluice::bench {

using SteadyClock = std::chrono::steady_clock;

class Timetable {
 public:
  Timetable() : thread_([this] { Run(); }) {}
  ~Timetable();
  Timetable(const Timetable&) = delete;
  Timetable& operator=(const Timetable&) = delete;

  void After(SteadyClock::duration delay, std::function<void()> task);

 private:
  void Run();

  absl::Mutex mutex_;
  // The number keeps tasks of one instant in their order.
  std::map<std::pair<SteadyClock::time_point, uint64_t>, std::function<void()>> tasks_
      ABSL_GUARDED_BY(mutex_);
  uint64_t next_ ABSL_GUARDED_BY(mutex_) = 0;
  bool changed_ ABSL_GUARDED_BY(mutex_) = false;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace sluice::bench
