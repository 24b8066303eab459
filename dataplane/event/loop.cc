#include "dataplane/event/loop.h"

#include <algorithm>

namespace sluice::event {

void Deferred::Schedule() {
  if (scheduled_) return;
  scheduled_ = true;
  loop_.deferred_.push_back(this);
}

void Deferred::Cancel() {
  if (!scheduled_) return;
  scheduled_ = false;
  // Leaves a hole instead of moving the others: EndTurn may be walking the list.
  std::replace(loop_.deferred_.begin(), loop_.deferred_.end(), this,
               static_cast<Deferred*>(nullptr));
}

void Loop::EndTurn() {
  timers_.RunDue(now_);
  for (size_t i = 0; i < deferred_.size(); ++i) {
    Deferred* deferred = deferred_[i];
    if (deferred == nullptr) continue;
    deferred_[i] = nullptr;
    deferred->scheduled_ = false;
    // Copied: the task may destroy its Deferred.
    std::function<void()> task = deferred->task_;
    task();
  }
  deferred_.clear();
}

}  // namespace sluice::event
