#include "dataplane/guard/key_health_feed.h"

#include <utility>

namespace sluice::guard {

void KeyHealthFeed::SetBell(std::function<void()> bell) {
  absl::MutexLock lock(&mutex_);
  bell_ = std::move(bell);
}

void KeyHealthFeed::Tell(KeyReport report) {
  absl::MutexLock lock(&mutex_);
  std::string id = report.key_id;
  told_.insert_or_assign(std::move(id), std::move(report));
  if (bell_) bell_();
}

std::vector<KeyReport> KeyHealthFeed::Take() {
  absl::MutexLock lock(&mutex_);
  std::vector<KeyReport> reports;
  reports.reserve(told_.size());
  for (auto& [id, report] : told_) reports.push_back(std::move(report));
  told_.clear();
  return reports;
}

}  // namespace sluice::guard
