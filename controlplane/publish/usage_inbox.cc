#include "controlplane/publish/usage_inbox.h"

#include <iterator>
#include <utility>

#include "controlplane/publish/session.h"

namespace sluice::publish {

void UsageInbox::Put(std::shared_ptr<Session> session, store::NodeUsage usage) {
  absl::MutexLock lock(&mutex_);
  if (closed_) return;
  const Session* key = session.get();
  items_.push_back({std::move(session), std::move(usage)});
  by_session_[key] = std::prev(items_.end());
}

void UsageInbox::PutReport(std::shared_ptr<Session> session, fleet::v1::BudgetReport report) {
  absl::MutexLock lock(&mutex_);
  if (!closed_) reports_.push_back({std::move(session), std::move(report)});
}

void UsageInbox::Forget(const Session& session) {
  absl::MutexLock lock(&mutex_);
  std::erase_if(reports_, [&](const auto& report) { return report.session.get() == &session; });
  const auto found = by_session_.find(&session);
  if (found == by_session_.end()) return;
  items_.erase(found->second);
  by_session_.erase(found);
}

TakenUsage UsageInbox::Take(size_t most, absl::Duration patience) {
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(this, &UsageInbox::HasWorkOrCloses), patience);
  TakenUsage taken;
  while (!closed_ && !items_.empty() && taken.batches.size() < most) {
    Item& item = items_.front();
    by_session_.erase(item.session.get());
    taken.sessions.push_back(std::move(item.session));
    taken.batches.push_back(std::move(item.usage));
    items_.pop_front();
  }
  if (!closed_) taken.reports = std::exchange(reports_, {});
  return taken;
}

std::vector<TakenUsage::Report> UsageInbox::TakeReports() {
  absl::MutexLock lock(&mutex_);
  return std::exchange(reports_, {});
}

void UsageInbox::Pause(absl::Duration time) {
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(&closed_), time);
}

void UsageInbox::Close() {
  absl::MutexLock lock(&mutex_);
  closed_ = true;
  items_.clear();
  by_session_.clear();
  reports_.clear();
}

bool UsageInbox::closed() const {
  absl::MutexLock lock(&mutex_);
  return closed_;
}

size_t UsageInbox::waiting() const {
  absl::MutexLock lock(&mutex_);
  return items_.size();
}

}  // namespace sluice::publish
