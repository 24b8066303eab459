// Text as the inside of a JSON string. Thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace sluice::http {

// Appends `text` escaped, without quotes. What is not UTF-8 becomes U+FFFD, so the result is always
// valid JSON.
void AppendJsonText(std::string_view text, std::string& out);

}  // namespace sluice::http
