// Where the current TlsContext stands: whoever watches the files publishes, workers take it for
// each new connection. And how the handshakes of a listener went, counted by its workers.
//
// Thread-safe. The lock is held for as long as it takes to copy a pointer, once a connection.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "dataplane/edge/tls_context.h"

namespace sluice::edge {

// What became of a handshake.
enum class HandshakeEnd {
  kFull,
  kResumed,    // of an earlier session
  kPlaintext,  // the client spoke HTTP without TLS
  kFailed,     // the two did not come to terms
  kLeft,       // the client closed first
  kTimedOut,
};
inline constexpr size_t kHandshakeEnds = 6;

class TlsSlot {
 public:
  // Never null.
  void Publish(std::shared_ptr<const TlsContext> context);
  // Null before the first publication.
  std::shared_ptr<const TlsContext> Load() const;

  void Count(HandshakeEnd end) {
    counts_[static_cast<size_t>(end)].fetch_add(1, std::memory_order_relaxed);
  }
  uint64_t count(HandshakeEnd end) const {
    return counts_[static_cast<size_t>(end)].load(std::memory_order_relaxed);
  }

 private:
  mutable absl::Mutex mutex_;
  std::shared_ptr<const TlsContext> current_ ABSL_GUARDED_BY(mutex_);
  std::array<std::atomic<uint64_t>, kHandshakeEnds> counts_{};
};

}  // namespace sluice::edge
