// Comma-separated values as RFC 4180 has them: a header, lines that end with CR LF, quotes where a
// field needs them. Pure.
#pragma once

#include <string>
#include <vector>

namespace sluice::cli {

// One line, with its end.
std::string CsvLine(const std::vector<std::string>& fields);

}  // namespace sluice::cli
