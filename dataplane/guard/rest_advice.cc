#include "dataplane/guard/rest_advice.h"

#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/numbers.h"
#include "common/base/text.h"

namespace sluice::guard {
namespace {

constexpr size_t kLongestText = 64;
constexpr std::string_view kOpenAiPrefix = "x-ratelimit-reset";
constexpr std::string_view kAnthropicPrefix = "anthropic-ratelimit-";
constexpr std::string_view kAnthropicSuffix = "-reset";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// A number without sign or exponent, at the front of `text`, which loses it.
std::optional<double> TakeNumber(std::string_view& text) {
  size_t size = 0;
  bool point = false;
  while (size < text.size() && (IsDigit(text[size]) || (text[size] == '.' && !point))) {
    point |= text[size] == '.';
    ++size;
  }
  double number = 0;
  if (size == 0 || !IsDigit(text[0]) ||
      !absl::SimpleAtod(base::ToAbsl(text.substr(0, size)), &number)) {
    return std::nullopt;
  }
  text.remove_prefix(size);
  return number;
}

// Far above what is of use, so that no sum overflows.
absl::Duration Bounded(double seconds) { return absl::Seconds(std::clamp(seconds, 0.0, 1e9)); }

std::optional<absl::Duration> TakeUnit(std::string_view& text) {
  struct Unit {
    std::string_view name;
    double seconds;
  };
  constexpr Unit kUnits[] = {{"ms", 1e-3}, {"us", 1e-6}, {"ns", 1e-9}, {"s", 1},
                             {"m", 60},    {"h", 3600},  {"d", 86400}};
  for (const Unit& unit : kUnits) {
    if (base::ConsumePrefix(text, unit.name)) return absl::Seconds(unit.seconds);
  }
  return std::nullopt;
}

// "6m0s". Empty text is none.
std::optional<absl::Duration> ParseUnits(std::string_view text) {
  if (text.empty()) return std::nullopt;
  absl::Duration sum;
  while (!text.empty()) {
    const auto number = TakeNumber(text);
    const auto unit = number ? TakeUnit(text) : std::nullopt;
    if (!unit) return std::nullopt;
    sum += Bounded(*number * absl::ToDoubleSeconds(*unit));
  }
  return sum;
}

std::optional<absl::Duration> ParseSeconds(std::string_view text) {
  const auto number = TakeNumber(text);
  if (!number || !text.empty()) return std::nullopt;
  return Bounded(*number);
}

std::optional<absl::Duration> ParseMoment(std::string_view text, absl::Time now) {
  if (!std::all_of(text.begin(), text.end(), IsDigit)) return std::nullopt;
  int64_t number = 0;
  if (!absl::SimpleAtoi(base::ToAbsl(text), &number)) return std::nullopt;
  if (text.size() == 10) return absl::FromUnixSeconds(number) - now;
  if (text.size() == 13) return absl::FromUnixMillis(number) - now;
  return std::nullopt;
}

std::optional<absl::Duration> ParseDate(std::string_view format, std::string_view text,
                                        absl::Time now) {
  absl::Time time;
  const bool read = absl::ParseTime(base::ToAbsl(format), base::ToAbsl(text), &time, nullptr);
  if (!read || time == absl::InfiniteFuture() || time == absl::InfinitePast()) return std::nullopt;
  return time - now;
}

std::optional<RestAdvice> Advise(std::optional<absl::Duration> rest, std::string_view source) {
  if (!rest || *rest <= absl::ZeroDuration()) return std::nullopt;
  return RestAdvice{std::min(*rest, kLongestRest), source};
}

// Which of the two families a header is of; empty: of none.
std::string_view FamilyOf(std::string_view lower_name) {
  if (lower_name.starts_with(kOpenAiPrefix)) return "x-ratelimit-reset";
  if (lower_name.starts_with(kAnthropicPrefix) && lower_name.ends_with(kAnthropicSuffix)) {
    return "anthropic-ratelimit-reset";
  }
  return "";
}

// Of a reset header, the name of the one that says what remains.
std::string RemainingName(std::string_view lower_name) {
  std::string name(lower_name);
  const size_t at = name.rfind("reset");
  return name.replace(at, 5, "remaining");
}

bool NothingRemains(const http::HeaderList& headers, std::string_view reset_name) {
  const auto remaining = headers.Find(RemainingName(reset_name));
  double number = 1;
  return remaining && absl::SimpleAtod(base::ToAbsl(*remaining), &number) && number <= 0;
}

std::optional<RestAdvice> LongestReset(const http::HeaderList& headers, absl::Time now) {
  std::optional<RestAdvice> longest;
  bool spent = false;  // `longest` is of what has nothing remaining
  for (size_t i = 0; i < headers.size(); ++i) {
    const std::string name = base::Lower(headers[i].name);
    const std::string_view family = FamilyOf(name);
    if (family.empty()) continue;
    const auto advice = Advise(ParseReset(headers[i].value, now), family);
    if (!advice) continue;
    const bool is_spent = NothingRemains(headers, name);
    if (longest && (spent != is_spent ? spent : longest->rest >= advice->rest)) continue;
    longest = advice;
    spent = is_spent;
  }
  return longest;
}

}  // namespace

std::optional<absl::Duration> ParseReset(std::string_view text, absl::Time now) {
  if (text.empty() || text.size() > kLongestText) return std::nullopt;
  if (const auto moment = ParseMoment(text, now)) return moment;
  if (const auto seconds = ParseSeconds(text)) return seconds;
  if (const auto units = ParseUnits(text)) return units;
  return ParseDate(base::ToStd(absl::RFC3339_full), text, now);
}

std::optional<absl::Duration> ParseRetryAfter(std::string_view text, absl::Time now) {
  if (text.empty() || text.size() > kLongestText) return std::nullopt;
  if (const auto seconds = ParseSeconds(text)) return seconds;
  constexpr std::string_view kDates[] = {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT",
                                         "%a %b %e %H:%M:%S %Y"};
  for (const std::string_view format : kDates) {
    if (const auto date = ParseDate(format, text, now)) return date;
  }
  return std::nullopt;
}

std::optional<RestAdvice> ReadRestAdvice(const http::HeaderList& headers, absl::Time now) {
  if (const auto millis = headers.Find("Retry-After-Ms")) {
    const auto number = ParseSeconds(*millis);
    const auto advice = Advise(number ? std::optional(*number / 1000) : number, "Retry-After-Ms");
    if (advice) return advice;
  }
  if (const auto seconds = headers.Find("Retry-After")) {
    const auto advice = Advise(ParseRetryAfter(*seconds, now), "Retry-After");
    if (advice) return advice;
  }
  return LongestReset(headers, now);
}

}  // namespace sluice::guard
