// "Did you mean": which of the words that exist a mistyped one resembles. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::cli {

// Closest first, at most three, compared without case.
std::vector<std::string> NearWords(std::string_view word, const std::vector<std::string>& known);
// `; did you mean "a" or "b"?`, or "" if none is near.
std::string DidYouMean(std::string_view word, const std::vector<std::string>& known);

}  // namespace sluice::cli
