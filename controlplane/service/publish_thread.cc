#include "controlplane/service/publish_thread.h"

#include <malloc.h>
#include <spdlog/spdlog.h>

#include <exception>
#include <string>
#include <utility>

namespace sluice::service {
namespace {

constexpr absl::Duration kSweepInterval = absl::Seconds(1);
// A configuration that has changed by so much has left as much behind in the allocator, more than
// once: in the call, the transaction, the answer.
constexpr size_t kMuchBytes = size_t{1} << 20;
constexpr int kSweepsToTrim = 5;  // until the call is over

}  // namespace

PublishThread::PublishThread(publish::Publisher& publisher, publish::WatchHub& hub,
                             NodeRoster& roster)
    : publisher_(publisher), hub_(hub), roster_(roster), thread_([this] { Run(); }) {}

PublishThread::~PublishThread() {
  {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
  }
  thread_.join();
}

void PublishThread::OnCommit(int64_t) {
  absl::MutexLock lock(&mutex_);
  rung_ = true;
}

void PublishThread::EachSecond(std::function<void()> work) {
  absl::MutexLock lock(&work_mutex_);
  each_second_ = std::move(work);
}

void PublishThread::TrimMemory() {
  const size_t bytes = publisher_.CurrentBytes();
  const size_t grown = bytes > trimmed_at_ ? bytes - trimmed_at_ : trimmed_at_ - bytes;
  if (grown < kMuchBytes || ++sweeps_to_trim_ < kSweepsToTrim) return;
  sweeps_to_trim_ = 0;
  trimmed_at_ = bytes;
  malloc_trim(0);
}

bool PublishThread::Publish() {
  absl::Status status;
  try {
    status = publisher_.Refresh();
  } catch (const std::exception&) {
    status = absl::InternalError("an unexpected exception");
  }
  if (status.ok()) {
    hub_.RingAll();
  } else {
    spdlog::error("the newest revision cannot be published: {}", std::string(status.message()));
  }
  return status.ok();
}

void PublishThread::Run() {
  bool again = false;
  absl::Time next_sweep = absl::Now() + kSweepInterval;
  while (true) {
    bool rung = false;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.AwaitWithDeadline(absl::Condition(this, &PublishThread::IsCalled), next_sweep);
      if (ending_) return;
      rung = std::exchange(rung_, false);
    }
    const bool sweep = absl::Now() >= next_sweep;
    if (rung || (again && sweep)) again = !Publish();
    if (!sweep) continue;
    hub_.Sweep();
    roster_.Sweep(hub_.clock().Now());
    TrimMemory();
    {
      absl::MutexLock lock(&work_mutex_);
      each_second_();
    }
    next_sweep = absl::Now() + kSweepInterval;
  }
}

}  // namespace sluice::service
