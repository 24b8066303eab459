// Two sides that take turns: one may do its step n only once the other has granted it. Thread-safe.
#pragma once

#include <cstddef>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "tests/support/deadline.h"

namespace sluice::test {

class Turns {
 public:
  void Grant() {
    absl::MutexLock lock(&mutex_);
    ++granted_;
  }
  // Whether more than `n` turns have been granted in time.
  bool Await(size_t n) const {
    absl::MutexLock lock(&mutex_);
    const auto there = [this, n]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return granted_ > n; };
    return mutex_.AwaitWithTimeout(absl::Condition(&there), absl::FromChrono(kPatience));
  }

 private:
  mutable absl::Mutex mutex_;
  size_t granted_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::test
