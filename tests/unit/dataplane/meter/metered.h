// A body that goes past a tap in a told way, and what the tap says of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dataplane/meter/usage_tap.h"

namespace sluice::meter {

// Sizes of the pieces, over and over; empty: all at once.
using Pieces = std::vector<size_t>;

inline AnswerForm FormFor(std::string_view type, std::string_view coding = "") {
  http::HeaderList headers;
  headers.Add("content-type", type);
  if (!coding.empty()) headers.Add("content-encoding", coding);
  return FormOf(headers);
}

inline Usage Meter(catalog::UsageDialect dialect, const AnswerForm& form, std::string_view body,
                   const Pieces& pieces = {}, bool whole = true) {
  DecodingBudget budget;
  UsageTap tap(dialect, form, budget);
  for (size_t i = 0; !body.empty(); ++i) {
    const size_t size = pieces.empty() ? body.size() : pieces[i % pieces.size()];
    // A copy of its own, so that a sanitizer sees a step beyond its ends.
    const std::string piece(body.substr(0, size));
    tap.Feed(piece);
    body.remove_prefix(piece.size());
  }
  return tap.End(whole);
}

}  // namespace sluice::meter
