#include "dataplane/observe/provider_traffic.h"

#include <algorithm>

#include "dataplane/observe/usage_counts.h"

namespace sluice::observe {
namespace {

size_t MethodOf(std::string_view method) {
  const auto* const found = std::find(kMethodNames.begin(), kMethodNames.end() - 1, method);
  return static_cast<size_t>(found - kMethodNames.begin());
}

// Calls `visit` with the places of each number.
template <typename Visit>
void ForEachPlace(Visit visit) {
  for (size_t method = 0; method < kMethodNames.size(); ++method) {
    for (size_t status = 0; status < kStatusClasses; ++status) {
      for (size_t side = 0; side < kFailureSides; ++side) visit(method, status, side);
    }
  }
}

}  // namespace

size_t StatusClassOf(int status) {
  const int hundreds = status / 100;
  return hundreds >= 1 && hundreds <= 5 ? static_cast<size_t>(hundreds) : 0;
}

size_t FailureSideOf(const std::optional<http::Side>& failed) {
  return failed.has_value() ? 1 + static_cast<size_t>(*failed) : 0;
}

ProviderTotals& ProviderTotals::operator+=(const ProviderTotals& other) {
  ForEachPlace([&](size_t method, size_t status, size_t side) {
    requests[method][status][side] += other.requests[method][status][side];
  });
  first_byte += other.first_byte;
  duration += other.duration;
  connect += other.connect;
  return *this;
}

ProviderTraffic::Counts& ProviderTraffic::Of(std::string_view provider) {
  if (const auto found = counts_.find(provider); found != counts_.end()) return found->second;
  if (counts_.size() >= UsageCounts::kMostProviders) {
    provider = UsageCounts::kOthers;
    if (const auto found = counts_.find(provider); found != counts_.end()) return found->second;
  }
  absl::MutexLock lock(&mutex_);
  return counts_[std::string(provider)];
}

void ProviderTraffic::Add(const RequestRecord& record) {
  if (record.times.admitted.has_value()) admission_.Add(*record.times.admitted);
  if (record.provider.empty()) return;
  Counts& counts = Of(record.provider);
  auto& count = counts.requests[MethodOf(record.method)][StatusClassOf(record.outcome.status)]
                               [FailureSideOf(record.outcome.failed)];
  count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  if (record.times.first_byte.has_value()) counts.first_byte.Add(*record.times.first_byte);
  counts.duration.Add(record.times.total);
  if (record.times.connect.has_value()) counts.connect.Add(*record.times.connect);
}

void ProviderTraffic::AddTo(TrafficByProvider* totals) const {
  absl::MutexLock lock(&mutex_);
  for (const auto& [provider, counts] : counts_) {
    ProviderTotals one;
    ForEachPlace([&, &counts = counts](size_t method, size_t status, size_t side) {
      one.requests[method][status][side] =
          counts.requests[method][status][side].load(std::memory_order_relaxed);
    });
    one.first_byte = counts.first_byte.Read();
    one.duration = counts.duration.Read();
    one.connect = counts.connect.Read();
    (*totals)[provider] += one;
  }
}

}  // namespace sluice::observe
