// How many bytes of snapshots are on their way at once: a thousand new nodes must not take the
// control plane's processor and network from those that have something small to learn.
// Thread-safe.
#pragma once

#include <cstddef>

#include "absl/synchronization/mutex.h"

namespace sluice::publish {

class SnapshotGate {
 public:
  explicit SnapshotGate(size_t max_bytes = size_t{256} << 20) : max_bytes_(max_bytes) {}

  // One that is larger than the limit enters alone.
  bool Enter(size_t bytes) {
    absl::MutexLock lock(&mutex_);
    if (bytes_ > 0 && bytes_ + bytes > max_bytes_) return false;
    bytes_ += bytes;
    return true;
  }
  void Leave(size_t bytes) {
    absl::MutexLock lock(&mutex_);
    bytes_ -= bytes;
  }

 private:
  const size_t max_bytes_;
  absl::Mutex mutex_;
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::publish
