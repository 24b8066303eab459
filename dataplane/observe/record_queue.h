// Records of ended requests on their way from one worker to the recorder. A worker never waits for
// the disk: when the recorder is behind by kMostRecords, what comes is folded into sums.
//
// Push: the worker's thread. Take: the recorder's. The lock between them is held for a push or a
// swap, but for folding.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "dataplane/observe/request_record.h"
#include "dataplane/observe/usage_fold.h"

namespace sluice::observe {

class RecordQueue {
 public:
  static constexpr size_t kMostRecords = 16384;

  struct Taken {
    std::vector<RequestRecord> records;
    std::vector<fleet::v1::UsageRecord> folded;
    uint64_t traces_lost = 0;  // of what was folded, those whose trace is sampled
  };

  void Push(RequestRecord record);
  Taken Take();

 private:
  absl::Mutex mutex_;
  std::vector<RequestRecord> records_ ABSL_GUARDED_BY(mutex_);
  UsageFold folded_ ABSL_GUARDED_BY(mutex_);
  uint64_t traces_lost_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::observe
