#include "controlplane/cli/time_input.h"

#include "common/base/text.h"
#include "controlplane/cli/duration_text.h"

namespace sluice::cli {

absl::StatusOr<absl::Time> ParseTimeInput(std::string_view text, absl::Time now) {
  const absl::StatusOr<absl::Duration> ago = ParseDuration(text);
  if (ago.ok()) return now - *ago;
  absl::Time time;
  for (const char* format : {"%Y-%m-%d", "%Y-%m-%dT%H:%M:%E*S%Ez"}) {
    const bool parsed =
        absl::ParseTime(format, base::ToAbsl(text), absl::UTCTimeZone(), &time, nullptr);
    if (parsed && time >= absl::UnixEpoch() && time < absl::InfiniteFuture()) return time;
  }
  return absl::InvalidArgumentError(
      base::Cat("\"", base::Escaped(text),
                "\" is no time; write how long ago, e.g. 24h or 7d, a date, e.g. 2026-01-31, or a "
                "time, e.g. 2026-01-31T12:00:00Z"));
}

CLI::Validator TimeInput() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        const absl::StatusOr<absl::Time> time = ParseTimeInput(text, absl::UnixEpoch());
        return time.ok() ? "" : std::string(time.status().message());
      },
      "");
}

}  // namespace sluice::cli
