// What single texts of a configuration may look like: names, header names, header values, paths.
// Pure.
#pragma once

#include <string>
#include <string_view>

namespace sluice::wire {

// 1 to 63 of a-z 0-9 - _ . ~, the first a letter or digit.
bool IsResourceName(std::string_view text);
// 1 to 64 of a-z 0-9 - _.
bool IsResourceId(std::string_view text);
// A token of RFC 9110, up to 256 bytes.
bool IsHeaderName(std::string_view text);
// A field value of RFC 9110 without white space around it, up to 8192 bytes; may be empty.
bool IsHeaderValue(std::string_view text);
// A glob of endpoints or models: 1 to 256 printable ASCII characters without spaces.
bool IsGlobText(std::string_view text);
bool HasControl(std::string_view text);
// Only what a path may hold as it stands (RFC 3986), percent escapes whole.
bool IsPathText(std::string_view text);
// A segment that is . or .. in any percent spelling, %2F and %5C taken for separators.
bool HasDotSegment(std::string_view path);

// In double quotes, escaped and cut for a sentence.
std::string Quoted(std::string_view text);

}  // namespace sluice::wire
