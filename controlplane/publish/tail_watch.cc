#include "controlplane/publish/tail_watch.h"

#include <algorithm>
#include <utility>

#include "common/base/status_filter.h"

namespace sluice::publish {
namespace {

using fleet::v1::TailFilter;
using fleet::v1::TailLine;

// Of what one node says at once; so that sums do not overflow.
constexpr int64_t kMostLeftOut = 1'000'000'000;

}  // namespace

bool TailWatch::IsWanted(const TailLine& line) const {
  return std::any_of(terms_.filters.begin(), terms_.filters.end(),
                     [&line](const TailFilter& filter) {
                       if (filter.failed_only() && !line.failed()) return false;
                       if (!base::FitsStatus(filter.status(), line.status())) return false;
                       const std::string& key = filter.client_key_id();
                       if (!key.empty() && key != line.client_key_id()) return false;
                       return filter.provider().empty() || filter.provider() == line.provider();
                     });
}

void TailWatch::Begin() {
  absl::MutexLock lock(&mutex_);
  if (outlet_ == nullptr || begun_) return;
  begun_ = true;
  writing_ = true;
  outlet_->Write({});
}

int64_t TailWatch::Take(const std::string& node, const fleet::v1::TailLines& told, absl::Time now) {
  if (!IsOf(node)) return 0;
  absl::MutexLock lock(&mutex_);
  if (outlet_ == nullptr) return 0;
  auto& rate = rates_.try_emplace(node, base::RateBucket(terms_.lines_per_second)).first->second;
  int64_t taken = 0;
  for (const TailLine& line : told.lines()) {
    if (!IsWanted(line)) continue;
    if (lines_.size() >= kMostLines || bytes_ >= kMostBytes || !rate.Take(now)) {
      ++left_out_;
      continue;
    }
    bytes_ += line.json().size();
    lines_.push_back(line.json());
    ++taken;
  }
  left_out_ += std::clamp<int64_t>(told.left_out(), 0, kMostLeftOut);
  Pump();
  return taken;
}

void TailWatch::Pump() {
  if (outlet_ == nullptr || !begun_ || writing_ || (lines_.empty() && left_out_ == 0)) return;
  admin::v1::TailResponse response;
  size_t bytes = 0;
  while (!lines_.empty() && response.lines_size() < kMostSent && bytes < kMostSentBytes) {
    bytes += lines_.front().size();
    bytes_ -= lines_.front().size();
    *response.add_lines() = std::move(lines_.front());
    lines_.pop_front();
  }
  response.set_left_out(std::exchange(left_out_, 0));
  writing_ = true;
  outlet_->Write(std::move(response));
}

void TailWatch::OnWriteDone() {
  absl::MutexLock lock(&mutex_);
  writing_ = false;
  Pump();
}

void TailWatch::Forget(const std::string& node) {
  absl::MutexLock lock(&mutex_);
  rates_.erase(node);
}

void TailWatch::Detach() {
  absl::MutexLock lock(&mutex_);
  outlet_ = nullptr;
}

void TailWatch::Close(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  if (outlet_ != nullptr) std::exchange(outlet_, nullptr)->Close(status);
}

}  // namespace sluice::publish
