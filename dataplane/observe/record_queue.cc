#include "dataplane/observe/record_queue.h"

#include <utility>

#include "dataplane/observe/usage_record.h"

namespace sluice::observe {

void RecordQueue::Push(RequestRecord record) {
  absl::MutexLock lock(&mutex_);
  if (records_.size() < kMostRecords) {
    records_.push_back(std::move(record));
  } else {
    folded_.Add(ToUsageRecord(record));
    if (record.trace != nullptr) ++traces_lost_;
  }
}

RecordQueue::Taken RecordQueue::Take() {
  Taken taken;
  absl::MutexLock lock(&mutex_);
  taken.records.swap(records_);
  taken.folded = folded_.Take();
  taken.traces_lost = std::exchange(traces_lost_, 0);
  return taken;
}

}  // namespace sluice::observe
