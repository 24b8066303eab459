#include "dataplane/config/snapshot_slot.h"

#include <utility>

namespace sluice::config {

void SnapshotSlot::Publish(std::shared_ptr<const Snapshot> snapshot) {
  {
    absl::MutexLock lock(&mutex_);
    current_.swap(snapshot);
    generation_.fetch_add(1, std::memory_order_release);
  }
  // The former snapshot, if this was its last owner, ends here, outside the lock.
}

std::shared_ptr<const Snapshot> SnapshotSlot::Load() const {
  absl::MutexLock lock(&mutex_);
  return current_;
}

const std::shared_ptr<const Snapshot>& SnapshotPin::Get() {
  if (slot_.generation_.load(std::memory_order_acquire) == seen_) return pinned_;
  std::shared_ptr<const Snapshot> former;
  {
    absl::MutexLock lock(&slot_.mutex_);
    former = std::exchange(pinned_, slot_.current_);
    seen_ = slot_.generation_.load(std::memory_order_relaxed);
  }
  return pinned_;
}

}  // namespace sluice::config
