#include "common/wire/settings_rows.h"

#include <limits>

namespace sluice::wire {
namespace {

constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();

constexpr IntegerRow kSettingsIntegers[] = {
    {"max_request_line_bytes", 16384, 256, 1048576},
    {"max_header_bytes", 65536, 1024, 1048576},
    {"max_header_fields", 128, 8, 4096},
    {"max_body_bytes", 1073741824, 0, kNoLimit},
    {"buffer_high_bytes", 262144, 4096, 67108864},
    {"buffer_low_bytes", 65536, 0, 67108863},
};

constexpr DurationRow kSettingsDurations[] = {
    {"header_timeout", absl::Seconds(10), absl::Milliseconds(100), absl::Hours(1)},
    {"body_idle_timeout", absl::Seconds(30), absl::Milliseconds(100), absl::Hours(24)},
    {"keep_alive_timeout", absl::Seconds(75), absl::Milliseconds(100), absl::Hours(24)},
    {"write_stall_timeout", absl::Seconds(60), absl::Milliseconds(100), absl::Hours(24)},
};

constexpr DurationRow kTimeoutsDurations[] = {
    {"connect", absl::Seconds(5), absl::Milliseconds(10), absl::Minutes(10)},
    {"first_byte", absl::Seconds(600), absl::Milliseconds(10), absl::Hours(24)},
    {"stream_idle", absl::Seconds(300), absl::Milliseconds(10), absl::Hours(24)},
};

}  // namespace

absl::Span<const IntegerRow> SettingsIntegers() { return kSettingsIntegers; }
absl::Span<const DurationRow> SettingsDurations() { return kSettingsDurations; }
absl::Span<const DurationRow> TimeoutsDurations() { return kTimeoutsDurations; }

}  // namespace sluice::wire
