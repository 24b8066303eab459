#include "tests/bench/fleet/arrival_log.h"

#include <algorithm>

#include "absl/time/time.h"

namespace sluice::bench {

void ArrivalLog::Note(size_t node, int64_t revision, SteadyClock::time_point at) {
  absl::MutexLock lock(&mutex_);
  if (node >= by_node_.size()) by_node_.resize(node + 1);
  std::vector<Arrival>& arrivals = by_node_[node];
  const int64_t before = arrivals.empty() ? -1 : arrivals.back().revision;
  arrivals.push_back({revision, at});
  if (node < nodes_ && before < wanted_ && revision >= wanted_) --missing_;
}

std::optional<SteadyClock::time_point> ArrivalLog::Last(int64_t revision, size_t nodes,
                                                        SteadyClock::duration patience) {
  absl::MutexLock lock(&mutex_);
  if (by_node_.size() < nodes) by_node_.resize(nodes);
  wanted_ = revision;
  nodes_ = nodes;
  missing_ = std::count_if(by_node_.begin(), by_node_.begin() + nodes, [&](const auto& arrivals) {
    return arrivals.empty() || arrivals.back().revision < revision;
  });
  const bool all = mutex_.AwaitWithTimeout(absl::Condition(this, &ArrivalLog::NoneMissing),
                                           absl::FromChrono(patience));
  nodes_ = 0;
  if (!all) return std::nullopt;
  SteadyClock::time_point last{};
  for (size_t i = 0; i < nodes; ++i) {
    const auto first =
        std::find_if(by_node_[i].begin(), by_node_[i].end(),
                     [&](const Arrival& arrival) { return arrival.revision >= revision; });
    last = std::max(last, first->at);
  }
  return last;
}

}  // namespace sluice::bench
