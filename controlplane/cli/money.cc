#include "controlplane/cli/money.h"

#include <fmt/format.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "common/base/text.h"
#include "controlplane/cli/table.h"

namespace sluice::cli {
namespace {

constexpr size_t kDecimals = 9;
constexpr size_t kMostWhole = 9;  // digits before the point
constexpr int64_t kNanos = 1'000'000'000;

bool AreDigits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

int64_t Number(std::string_view digits) {
  int64_t number = 0;
  for (const char digit : digits) number = number * 10 + (digit - '0');
  return number;
}

}  // namespace

absl::StatusOr<int64_t> ParseDollars(std::string_view text) {
  const size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  std::string decimals;
  if (point != std::string_view::npos) decimals = text.substr(point + 1);
  const bool shaped = !whole.empty() && whole.size() <= kMostWhole &&
                      decimals.size() <= kDecimals && AreDigits(whole) && AreDigits(decimals) &&
                      (point == std::string_view::npos || !decimals.empty());
  if (!shaped) {
    return absl::InvalidArgumentError(
        base::Cat("\"", Printable(text), "\" is not an amount of US dollars like 2.5 or 0.0375"));
  }
  decimals.resize(kDecimals, '0');
  return Number(whole) * kNanos + Number(decimals);
}

std::string DollarsText(int64_t nanos) {
  std::string text = fmt::format("{}.{:09}", nanos / kNanos, nanos % kNanos);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace sluice::cli
