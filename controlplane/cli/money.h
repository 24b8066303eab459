// US dollars between people and messages, which count billionths. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sluice::cli {

// "2.5", "0.0375", "20": at most nine digits behind the point, up to a billion. InvalidArgument
// without the name of an option.
absl::StatusOr<int64_t> ParseDollars(std::string_view text);
// "2.5"; every digit that counts.
std::string DollarsText(int64_t nanos);

}  // namespace sluice::cli
