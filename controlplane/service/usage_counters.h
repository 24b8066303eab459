// What has become of the usage that nodes told, since the start. Read by the metrics; any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace sluice::service {

struct UsageCounters {
  std::atomic<uint64_t> batches{0};     // stored
  std::atomic<uint64_t> records{0};     // stored
  std::atomic<uint64_t> duplicates{0};  // records skipped, because they were stored before
  std::atomic<uint64_t> gaps{0};        // batches before which records were missing
  std::atomic<uint64_t> lost{0};        // records that were missing there
  std::atomic<uint64_t> folded{0};      // requests counted under "_others"
  std::atomic<uint64_t> failures{0};    // tries to write that failed
  // When the newest record ended, in microseconds since 1970; 0: there is none.
  std::atomic<int64_t> newest{0};
};

}  // namespace sluice::service
