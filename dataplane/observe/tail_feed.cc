#include "dataplane/observe/tail_feed.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "common/base/status_filter.h"
#include "dataplane/observe/access_line.h"

namespace sluice::observe {
namespace {

using fleet::v1::TailFilter;
using fleet::v1::TailLine;

TailLine LineOf(const RequestRecord& record, std::string_view node) {
  TailLine line;
  std::string json = AccessLine(record, node);
  json.pop_back();  // its line end
  line.set_json(std::move(json));
  line.set_client_key_id(record.client_key_id);
  line.set_provider(record.provider);
  line.set_status(record.outcome.status);
  line.set_failed(record.outcome.failed.has_value());
  return line;
}

}  // namespace

TailFeed::TailFeed(std::string node, const base::Clock& clock)
    : node_(std::move(node)), clock_(clock) {}

void TailFeed::Watch(const fleet::v1::TailOrder& order) {
  absl::MutexLock lock(&mutex_);
  order_ = order;
  rate_ = base::RateBucket(std::max(0, order.lines_per_second()));
  const bool watched = !order.filters().empty();
  if (!watched) {
    lines_.clear();
    bytes_ = 0;
    left_out_ = 0;
  }
  watched_.store(watched, std::memory_order_relaxed);
}

bool TailFeed::IsWanted(const Facts& facts) const {
  return std::any_of(order_.filters().begin(), order_.filters().end(),
                     [&](const TailFilter& filter) {
                       if (filter.failed_only() && !facts.failed) return false;
                       if (!base::FitsStatus(filter.status(), facts.status)) return false;
                       const std::string& key = filter.client_key_id();
                       if (!key.empty() && key != facts.client_key_id) return false;
                       const std::string& provider = filter.provider();
                       return provider.empty() || provider == facts.provider;
                     });
}

void TailFeed::LeaveOut(int64_t requests) {
  left_out_ += requests;
  left_out_total_.fetch_add(static_cast<uint64_t>(requests), std::memory_order_relaxed);
}

void TailFeed::OfferWatched(const RequestRecord& record) {
  absl::MutexLock lock(&mutex_);
  if (!IsWanted({record.client_key_id, record.provider, record.outcome.status,
                 record.outcome.failed.has_value()})) {
    return;
  }
  if (lines_.size() >= kMostLines || bytes_ >= kMostBytes || !rate_.Take(clock_.Now())) {
    return LeaveOut(1);
  }
  TailLine line = LineOf(record, node_);
  if (line.ByteSizeLong() > kMostLineBytes) return LeaveOut(1);
  bytes_ += line.ByteSizeLong();
  lines_.push_back(std::move(line));
}

void TailFeed::MissWatched(const fleet::v1::UsageRecord& sum) {
  absl::MutexLock lock(&mutex_);
  const bool failed = static_cast<int>(sum.side()) > fleet::v1::UsageRecord::NONE;
  if (IsWanted({sum.client_key_id(), sum.provider(), sum.status(), failed})) {
    LeaveOut(sum.requests());
  }
}

bool TailFeed::HasNewsWatched() const {
  absl::MutexLock lock(&mutex_);
  return !lines_.empty() || (left_out_ > 0 && clock_.Now() - taken_ >= kCountAlone);
}

std::optional<fleet::v1::TailLines> TailFeed::Take() {
  absl::MutexLock lock(&mutex_);
  const absl::Time now = clock_.Now();
  if (lines_.empty() && (left_out_ == 0 || now - taken_ < kCountAlone)) return std::nullopt;
  taken_ = now;
  fleet::v1::TailLines taken;
  size_t bytes = 0;
  while (!lines_.empty() && taken.lines_size() < kMostTaken) {
    const size_t more = lines_.front().ByteSizeLong();
    if (bytes + more > kMostTakenBytes) break;
    bytes += more;
    bytes_ -= more;
    *taken.add_lines() = std::move(lines_.front());
    lines_.pop_front();
  }
  taken.set_left_out(std::exchange(left_out_, 0));
  sent_.fetch_add(static_cast<uint64_t>(taken.lines_size()), std::memory_order_relaxed);
  return taken;
}

}  // namespace sluice::observe
