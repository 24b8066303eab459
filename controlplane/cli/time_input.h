// Times as people write them on a command line: "24h" ago, "2026-01-31", "2026-01-31T12:00:00Z".
// Pure.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sluice::cli {

// A duration is that long before `now`; a date its begin in UTC; a time has a zone (RFC 3339).
// InvalidArgument names the text and shows a right one.
absl::StatusOr<absl::Time> ParseTimeInput(std::string_view text, absl::Time now);

// As a check of an option's value.
CLI::Validator TimeInput();

}  // namespace sluice::cli
