// What the answers of each provider used, as one worker counts it. That worker writes, anyone
// reads; a lock is taken by readers, and by the worker only for the first answer of a provider.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/synchronization/mutex.h"

namespace sluice::observe {

// How well the usage of an answer is known; the words of the metric.
enum class UsageQuality { kComplete, kPartial, kEstimated, kUnmetered };
inline constexpr size_t kUsageQualities = 4;

struct UsageTotals {
  uint64_t input_tokens = 0;
  uint64_t output_tokens = 0;
  std::array<uint64_t, kUsageQualities> answers{};  // by UsageQuality

  UsageTotals& operator+=(const UsageTotals& other);
};
// By the provider's name.
using UsageByProvider = std::map<std::string, UsageTotals, std::less<>>;

class UsageCounts {
 public:
  // Names that are told apart; all that come later are counted as kOthers, which is nobody's name.
  static constexpr size_t kMostProviders = 4096;
  static constexpr std::string_view kOthers = "_others";

  UsageCounts() = default;
  UsageCounts(const UsageCounts&) = delete;
  UsageCounts& operator=(const UsageCounts&) = delete;

  // The worker's thread. Tokens are 0 or more.
  void Add(std::string_view provider, int64_t input_tokens, int64_t output_tokens,
           UsageQuality quality);
  // Any thread.
  void AddTo(UsageByProvider* totals) const;

 private:
  struct Counts {
    std::atomic<uint64_t> input{0};
    std::atomic<uint64_t> output{0};
    std::array<std::atomic<uint64_t>, kUsageQualities> answers{};
  };

  Counts& Of(std::string_view provider);

  mutable absl::Mutex mutex_;
  // Only the worker changes which there are, under the lock; so it alone may look without.
  std::map<std::string, Counts, std::less<>> counts_;
};

}  // namespace sluice::observe
