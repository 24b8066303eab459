#include "dataplane/observe/recorder.h"

#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "dataplane/observe/access_line.h"
#include "dataplane/observe/usage_record.h"

namespace sluice::observe {

Recorder::Recorder(std::string node, UsageSpool& spool, AccessLog* access_log, TraceTaker* traces,
                   TailFeed* tail)
    : node_(std::move(node)),
      spool_(spool),
      access_log_(access_log),
      traces_(traces),
      tail_(tail) {}

Recorder::~Recorder() {
  {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
  }
  if (thread_.joinable()) thread_.join();
  Settle();
}

RecordQueue& Recorder::AddQueue() {
  absl::MutexLock lock(&mutex_);
  return queues_.emplace_back();
}

void Recorder::Start(std::function<void()> bell, std::function<void()> tail_bell) {
  bell_ = std::move(bell);
  tail_bell_ = std::move(tail_bell);
  thread_ = std::thread([this] { Run(); });
}

void Recorder::Settle() {
  absl::MutexLock lock(&taking_);
  TakeAll();
  spool_.Sync();
}

void Recorder::Run() {
  auto sync_at = std::chrono::steady_clock::now() + kSyncPeriod;
  size_t taken = 0;
  while (true) {
    const auto period = taken >= kMany ? kBusyPeriod : kPeriod;
    {
      absl::MutexLock lock(&mutex_);
      if (mutex_.AwaitWithTimeout(absl::Condition(&ending_), absl::FromChrono(period))) return;
    }
    const bool sync = std::chrono::steady_clock::now() >= sync_at;
    {
      absl::MutexLock lock(&taking_);
      taken = TakeAll();
      if (sync) spool_.Sync();
    }
    if (tail_ != nullptr && tail_bell_ && tail_->HasNews()) tail_bell_();
    if (!sync) continue;
    sync_at = std::chrono::steady_clock::now() + kSyncPeriod;
    bell_();
  }
}

size_t Recorder::TakeAll() {
  size_t count = 0;
  std::vector<RecordQueue*> queues;
  {
    absl::MutexLock lock(&mutex_);
    for (RecordQueue& queue : queues_) queues.push_back(&queue);
  }
  for (RecordQueue* queue : queues) {
    RecordQueue::Taken taken = queue->Take();
    count += taken.records.size();
    for (const RequestRecord& record : taken.records) {
      if (access_log_ != nullptr) access_log_->Submit(AccessLine(record, node_));
      if (traces_ != nullptr && record.trace != nullptr) traces_->Take(record);
      if (tail_ != nullptr) tail_->Offer(record);
      spool_.Add(ToUsageRecord(record));
    }
    for (fleet::v1::UsageRecord& sum : taken.folded) {
      if (access_log_ != nullptr) access_log_->Miss(static_cast<uint64_t>(sum.requests()));
      if (tail_ != nullptr) tail_->Miss(sum);
      spool_.Add(std::move(sum));
    }
    if (traces_ != nullptr && taken.traces_lost > 0) traces_->Miss(taken.traces_lost);
  }
  spool_.Write();
  return count;
}

}  // namespace sluice::observe
