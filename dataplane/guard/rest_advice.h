// How long a provider says that a key of it should rest, read from the head of its answer. Pure.
//
// A provider's header is a stranger's text: what cannot be read says nothing, and no advice is
// longer than kLongestRest.
#pragma once

#include <optional>
#include <string_view>

#include "absl/time/time.h"
#include "dataplane/http/header_list.h"

namespace sluice::guard {

inline constexpr absl::Duration kLongestRest = absl::Hours(1);

struct RestAdvice {
  absl::Duration rest;      // above 0, at most kLongestRest
  std::string_view source;  // the header's usual name; static storage
};

// In this order: `Retry-After-Ms`, `Retry-After` (seconds or an HTTP date), then of
// `x-ratelimit-reset*` and `anthropic-ratelimit-*-reset` the longest of those whose `remaining`
// is 0, or, where none is, the longest of all. Nothing if no header says anything, or says "now".
std::optional<RestAdvice> ReadRestAdvice(const http::HeaderList& headers, absl::Time now);

// "2", "0.5": seconds. "6m0s", "1s", "20ms", "1h2m", "1d": their sum. 10 to 13 digits alone:
// seconds or milliseconds since 1970. "2026-01-31T12:00:00Z": then. Nothing if it is none of these.
std::optional<absl::Duration> ParseReset(std::string_view text, absl::Time now);
// Seconds, whole or with a fraction, or a date of RFC 9110 in any of its three forms.
std::optional<absl::Duration> ParseRetryAfter(std::string_view text, absl::Time now);

}  // namespace sluice::guard
