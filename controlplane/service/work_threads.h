// A few threads that may wait for the disk, so that the threads of the RPC library never do.
//
// The queue is bounded: what does not fit is refused. Thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"

namespace sluice::service {

class WorkThreads {
 public:
  WorkThreads(int threads, size_t max_waiting);
  // Runs what is waiting, then ends.
  ~WorkThreads();
  WorkThreads(const WorkThreads&) = delete;
  WorkThreads& operator=(const WorkThreads&) = delete;

  // False: the queue is full, `work` will not run.
  bool Post(std::function<void()> work);
  size_t waiting() const;

 private:
  void Run();
  bool HasWorkOrEnds() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return ending_ || !queue_.empty();
  }

  const size_t max_waiting_;
  mutable absl::Mutex mutex_;
  std::deque<std::function<void()>> queue_ ABSL_GUARDED_BY(mutex_);
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace sluice::service
