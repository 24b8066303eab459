#include "controlplane/service/work_threads.h"

#include <utility>

namespace sluice::service {

WorkThreads::WorkThreads(int threads, size_t max_waiting) : max_waiting_(max_waiting) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

WorkThreads::~WorkThreads() {
  {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
}

bool WorkThreads::Post(std::function<void()> work) {
  absl::MutexLock lock(&mutex_);
  if (ending_ || queue_.size() >= max_waiting_) return false;
  queue_.push_back(std::move(work));
  return true;
}

size_t WorkThreads::waiting() const {
  absl::MutexLock lock(&mutex_);
  return queue_.size();
}

void WorkThreads::Run() {
  while (true) {
    std::function<void()> work;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &WorkThreads::HasWorkOrEnds));
      if (queue_.empty()) return;
      work = std::move(queue_.front());
      queue_.pop_front();
    }
    work();
  }
}

}  // namespace sluice::service
