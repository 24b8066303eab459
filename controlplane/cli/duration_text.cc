#include "controlplane/cli/duration_text.h"

#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "common/base/text.h"

namespace sluice::cli {
namespace {

const std::array<std::pair<std::string_view, absl::Duration>, 5>& Units() {
  static const std::array<std::pair<std::string_view, absl::Duration>, 5> units = {{
      {"d", absl::Hours(24)},
      {"h", absl::Hours(1)},
      {"m", absl::Minutes(1)},
      {"s", absl::Seconds(1)},
      {"ms", absl::Milliseconds(1)},
  }};
  return units;
}

constexpr int64_t kMaxYears = 100;
absl::Duration Longest() { return kMaxYears * 365 * absl::Hours(24); }

template <class Predicate>
std::string_view TakeWhile(std::string_view* text, Predicate predicate) {
  size_t size = 0;
  while (size < text->size() && predicate((*text)[size])) ++size;
  const std::string_view taken = text->substr(0, size);
  text->remove_prefix(size);
  return taken;
}

bool ToUnit(std::string_view name, absl::Duration* unit) {
  for (const auto& [unit_name, length] : Units()) {
    if (unit_name != name) continue;
    *unit = length;
    return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<absl::Duration> ParseDuration(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return absl::InvalidArgumentError(
        base::Cat("\"", text, "\" is not a duration: ", why,
                  "; write a number and a unit (ms, s, m, h, d), e.g. 500ms, 10s, 5m, 30d"));
  };
  if (text.empty()) return wrong("it is empty");
  absl::Duration total = absl::ZeroDuration();
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view digits = TakeWhile(&rest, absl::ascii_isdigit);
    const std::string_view unit_name = TakeWhile(&rest, absl::ascii_isalpha);
    int64_t count = 0;
    absl::Duration unit;
    if (digits.empty()) return wrong("a whole number is missing");
    if (unit_name.empty()) return wrong("a unit is missing");
    if (!ToUnit(unit_name, &unit)) return wrong(base::Cat("there is no unit \"", unit_name, "\""));
    if (!absl::SimpleAtoi(base::ToAbsl(digits), &count) || count * unit > Longest() - total) {
      return wrong(base::Cat("it is longer than ", kMaxYears, " years"));
    }
    total += count * unit;
  }
  return total;
}

std::string DurationText(absl::Duration duration) {
  std::string text = duration < absl::ZeroDuration() ? "-" : "";
  absl::Duration rest = absl::AbsDuration(duration);
  for (const auto& [name, length] : Units()) {
    const int64_t count = absl::IDivDuration(rest, length, &rest);
    if (count > 0) text += base::Cat(count, name);
  }
  if (text.empty() || text == "-") return "0s";
  return text;
}

google::protobuf::Duration ToProto(absl::Duration duration) {
  google::protobuf::Duration proto;
  absl::Duration rest;
  proto.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &rest));
  proto.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  return proto;
}

absl::Duration FromProto(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

absl::Time FromProto(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

std::string RelativeText(absl::Time time, absl::Time now) {
  const absl::Duration distance = absl::AbsDuration(time - now);
  for (const auto& [name, length] : Units()) {
    absl::Duration rest;
    const int64_t count = absl::IDivDuration(distance, length, &rest);
    if (count == 0 || length < absl::Seconds(1)) continue;
    return time > now ? base::Cat("in ", count, name) : base::Cat(count, name, " ago");
  }
  return "now";
}

std::string TimeWithRelativeText(absl::Time time, absl::Time now) {
  return base::Cat(TimeText(time), " (", RelativeText(time, now), ")");
}

}  // namespace sluice::cli
