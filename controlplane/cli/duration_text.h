// Durations and times as people write and read them: "500ms", "10s", "5m", "1h30m", "30d". Pure.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace sluice::cli {

// Whole numbers with a unit each (ms, s, m, h, d), largest first or in any order. Not negative, at
// most 100 years. InvalidArgument names the text and shows a right one.
absl::StatusOr<absl::Duration> ParseDuration(std::string_view text);
// The inverse, in the fewest units: "1h30m", "30d", "0s".
std::string DurationText(absl::Duration duration);

google::protobuf::Duration ToProto(absl::Duration duration);
absl::Duration FromProto(const google::protobuf::Duration& duration);
absl::Time FromProto(const google::protobuf::Timestamp& timestamp);

// "2026-01-31T12:00:00Z".
std::string TimeText(absl::Time time);
// One unit, rounded down: "in 29d", "3h ago", "now".
std::string RelativeText(absl::Time time, absl::Time now);
// Both: "2026-01-31T12:00:00Z (in 29d)".
std::string TimeWithRelativeText(absl::Time time, absl::Time now);

}  // namespace sluice::cli
