// Requests that are watched live, as people read them: a line for each, at most 100 columns wide.
// Pure.
#pragma once

#include <string>
#include <string_view>

namespace sluice::cli {

// With its line end, like the lines.
std::string TailHeader();
// `json`: a line of the access log. What is none is shown as it is.
std::string TailLineText(std::string_view json);

}  // namespace sluice::cli
