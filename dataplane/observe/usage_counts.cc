#include "dataplane/observe/usage_counts.h"

namespace sluice::observe {
namespace {

uint64_t Load(const std::atomic<uint64_t>& counter) {
  return counter.load(std::memory_order_relaxed);
}

// One thread changes it.
void Raise(std::atomic<uint64_t>& counter, int64_t by) {
  counter.store(Load(counter) + static_cast<uint64_t>(by), std::memory_order_relaxed);
}

}  // namespace

UsageTotals& UsageTotals::operator+=(const UsageTotals& other) {
  input_tokens += other.input_tokens;
  output_tokens += other.output_tokens;
  for (size_t i = 0; i < answers.size(); ++i) answers[i] += other.answers[i];
  return *this;
}

UsageCounts::Counts& UsageCounts::Of(std::string_view provider) {
  if (const auto found = counts_.find(provider); found != counts_.end()) return found->second;
  if (counts_.size() >= kMostProviders) {
    provider = kOthers;
    if (const auto found = counts_.find(provider); found != counts_.end()) return found->second;
  }
  absl::MutexLock lock(&mutex_);
  return counts_[std::string(provider)];
}

void UsageCounts::Add(std::string_view provider, int64_t input_tokens, int64_t output_tokens,
                      UsageQuality quality) {
  Counts& counts = Of(provider);
  Raise(counts.input, input_tokens);
  Raise(counts.output, output_tokens);
  Raise(counts.answers[static_cast<size_t>(quality)], 1);
}

void UsageCounts::AddTo(UsageByProvider* totals) const {
  absl::MutexLock lock(&mutex_);
  for (const auto& [provider, counts] : counts_) {
    UsageTotals one{Load(counts.input), Load(counts.output), {}};
    for (size_t i = 0; i < one.answers.size(); ++i) one.answers[i] = Load(counts.answers[i]);
    (*totals)[provider] += one;
  }
}

}  // namespace sluice::observe
