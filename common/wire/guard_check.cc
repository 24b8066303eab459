#include "common/wire/guard_check.h"

#include <string_view>

#include "absl/time/time.h"

namespace sluice::wire {
namespace {

constexpr int32_t kMaxCount = 1'000'000;
constexpr int64_t kMaxSeconds = 3600;

void CheckCount(std::string_view field, int32_t value, int32_t max, ViolationList* list) {
  if (value >= 1 && value <= max) return;
  list->Add(field, " is ", value, ", but must be 1 to ", max);
}

void CheckTimeRange(std::string_view field, const google::protobuf::Duration& value,
                    absl::Duration min, absl::Duration max, ViolationList* list) {
  const bool sane = value.seconds() >= 0 && value.seconds() <= kMaxSeconds && value.nanos() >= 0 &&
                    value.nanos() < 1'000'000'000;
  const absl::Duration time = absl::Seconds(value.seconds()) + absl::Nanoseconds(value.nanos());
  if (sane && time >= min && time <= max) return;
  list->Add(field, " must be ", absl::FormatDuration(min), " to ", absl::FormatDuration(max));
}

void CheckBreaker(const config::v1::CircuitBreaker& breaker, ViolationList* list) {
  if (breaker.has_failure_percent()) {
    CheckCount("breaker.failure_percent", breaker.failure_percent(), 100, list);
  }
  if (breaker.has_minimum_requests()) {
    CheckCount("breaker.minimum_requests", breaker.minimum_requests(), kMaxCount, list);
  }
  if (breaker.has_window()) {
    CheckTimeRange("breaker.window", breaker.window(), absl::Seconds(1), absl::Minutes(10), list);
  }
  if (breaker.has_open_for()) {
    CheckTimeRange("breaker.open_for", breaker.open_for(), absl::Milliseconds(100),
                   absl::Minutes(10), list);
  }
}

}  // namespace

void CheckGuards(const config::v1::Provider& provider, ViolationList* list) {
  if (!config::v1::KeyStrategy_IsValid(provider.key_strategy())) {
    list->Add("key_strategy is ", static_cast<int>(provider.key_strategy()),
              ", which this version does not know");
  }
  if (provider.retries().has_max_attempts()) {
    CheckCount("retries.max_attempts", provider.retries().max_attempts(), 10, list);
  }
  CheckBreaker(provider.breaker(), list);
  if (provider.has_max_concurrent()) {
    CheckCount("max_concurrent", provider.max_concurrent(), kMaxCount, list);
  }
}

void CheckWeight(const config::v1::ProviderKey& key, ViolationList* list) {
  if (key.has_weight()) CheckCount("weight", key.weight(), 1000, list);
}

}  // namespace sluice::wire
