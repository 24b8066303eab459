// When each node got each revision. Thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "tests/bench/fleet/timetable.h"

namespace sluice::bench {

class ArrivalLog {
 public:
  // A node by its number, 0 upward, serves `revision` since `at`.
  void Note(size_t node, int64_t revision, SteadyClock::time_point at);
  // When the last of the nodes 0 to `nodes` - 1 got `revision` or a later one; absent if one has
  // not within `patience`.
  std::optional<SteadyClock::time_point> Last(int64_t revision, size_t nodes,
                                              SteadyClock::duration patience);

 private:
  struct Arrival {
    int64_t revision = 0;
    SteadyClock::time_point at;
  };
  bool NoneMissing() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return missing_ == 0; }

  absl::Mutex mutex_;
  std::vector<std::vector<Arrival>> by_node_ ABSL_GUARDED_BY(mutex_);
  // Of the call of Last that waits; one at a time.
  int64_t wanted_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t nodes_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t missing_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::bench
