#include "controlplane/publish/tail_hub.h"

#include <algorithm>
#include <utility>

#include "common/base/text.h"

namespace sluice::publish {

absl::StatusOr<std::shared_ptr<TailWatch>> TailHub::Add(TailTerms terms, TailOutlet& outlet) {
  absl::MutexLock lock(&mutex_);
  if (!closed_.ok()) return closed_;
  if (watches_.size() >= kMostWatches) {
    return absl::ResourceExhaustedError(
        base::Cat(kMostWatches,
                  " others watch requests already, and there may be no more: try again when one of "
                  "them has ended"));
  }
  watches_.push_back(std::make_shared<TailWatch>(std::move(terms), outlet));
  version_.fetch_add(1, std::memory_order_release);
  return watches_.back();
}

void TailHub::Remove(const std::shared_ptr<TailWatch>& watch) {
  watch->Detach();
  absl::MutexLock lock(&mutex_);
  const auto found = std::find(watches_.begin(), watches_.end(), watch);
  if (found == watches_.end()) return;
  watches_.erase(found);
  version_.fetch_add(1, std::memory_order_release);
}

TailHub::Watches TailHub::All() const {
  absl::MutexLock lock(&mutex_);
  return watches_;
}

fleet::v1::TailOrder TailHub::OrderFor(const std::string& node) const {
  fleet::v1::TailOrder order;
  for (const auto& watch : All()) {
    if (!watch->IsOf(node)) continue;
    for (const fleet::v1::TailFilter& filter : watch->terms().filters) {
      *order.add_filters() = filter;
    }
    // All of them together, so that one who wants everything leaves the others their share.
    order.set_lines_per_second(order.lines_per_second() + watch->terms().lines_per_second);
  }
  return order;
}

void TailHub::Take(const std::string& node, const fleet::v1::TailLines& told, absl::Time now) {
  left_out_.fetch_add(static_cast<uint64_t>(std::max<int64_t>(0, told.left_out())),
                      std::memory_order_relaxed);
  for (const auto& watch : All()) {
    lines_.fetch_add(static_cast<uint64_t>(watch->Take(node, told, now)),
                     std::memory_order_relaxed);
  }
}

void TailHub::Forget(const std::string& node) {
  for (const auto& watch : All()) watch->Forget(node);
}

void TailHub::CloseAll(const absl::Status& status) {
  {
    absl::MutexLock lock(&mutex_);
    closed_ = status;
  }
  for (const auto& watch : All()) watch->Close(status);
}

TailHub::State TailHub::state() const {
  absl::MutexLock lock(&mutex_);
  return {watches_.size(), lines_.load(std::memory_order_relaxed),
          left_out_.load(std::memory_order_relaxed)};
}

}  // namespace sluice::publish
