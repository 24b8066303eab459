#include "dataplane/edge/tls_slot.h"

namespace sluice::edge {

void TlsSlot::Publish(std::shared_ptr<const TlsContext> context) {
  {
    absl::MutexLock lock(&mutex_);
    current_.swap(context);
  }
  // The former one, if no connection has it any more, ends here, outside the lock.
}

std::shared_ptr<const TlsContext> TlsSlot::Load() const {
  absl::MutexLock lock(&mutex_);
  return current_;
}

}  // namespace sluice::edge
