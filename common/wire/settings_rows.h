// The numbers and times among the settings: default and range of each, as config.proto documents
// them.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/time/time.h"
#include "absl/types/span.h"

namespace sluice::wire {

struct IntegerRow {
  std::string_view field;
  int64_t value;  // the default
  int64_t min;
  int64_t max;
};

struct DurationRow {
  std::string_view field;
  absl::Duration value;  // the default
  absl::Duration min;
  absl::Duration max;
};

// Of the message Settings.
absl::Span<const IntegerRow> SettingsIntegers();
absl::Span<const DurationRow> SettingsDurations();
// Of the message Timeouts.
absl::Span<const DurationRow> TimeoutsDurations();

}  // namespace sluice::wire
