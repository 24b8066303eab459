// Where the current Snapshot stands: one writer at a time publishes, each worker keeps a pin of its
// own.
//
// A pin costs one relaxed-to-acquire load per request while nothing changes; only after a
// publication does it take the lock, once.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "dataplane/config/snapshot.h"

namespace sluice::config {

class SnapshotSlot {
 public:
  // Any thread. Requests that start after the return see `snapshot`.
  void Publish(std::shared_ptr<const Snapshot> snapshot);
  // Any thread; for those without a pin. Null before the first publication.
  std::shared_ptr<const Snapshot> Load() const;

 private:
  friend class SnapshotPin;
  std::atomic<uint64_t> generation_{0};
  mutable absl::Mutex mutex_;
  std::shared_ptr<const Snapshot> current_ ABSL_GUARDED_BY(mutex_);
};

// One worker's view of the slot. One thread.
class SnapshotPin {
 public:
  explicit SnapshotPin(const SnapshotSlot& slot) : slot_(slot) {}
  // The newest snapshot; null before the first publication. Copy the pointer to keep it for a
  // request.
  const std::shared_ptr<const Snapshot>& Get();

 private:
  const SnapshotSlot& slot_;
  uint64_t seen_ = 0;
  std::shared_ptr<const Snapshot> pinned_;
};

}  // namespace sluice::config
