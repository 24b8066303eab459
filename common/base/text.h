// Abseil's string functions for std::string_view: Debian's build of Abseil has a string_view of its
// own, and neither converts to the other. Pure, at no cost over the functions themselves.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace sluice::base {

inline absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view ToStd(absl::string_view text) { return {text.data(), text.size()}; }

// absl::StrCat.
template <typename... Pieces>
std::string Cat(const Pieces&... pieces) {
  const auto piece = [](const auto& value) -> decltype(auto) {
    if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string_view>) {
      return ToAbsl(value);
    } else {
      return (value);
    }
  };
  return absl::StrCat(piece(pieces)...);
}

inline std::string Lower(std::string_view text) { return absl::AsciiStrToLower(ToAbsl(text)); }
inline std::string Upper(std::string_view text) { return absl::AsciiStrToUpper(ToAbsl(text)); }
// Without white space at its ends.
inline std::string_view Stripped(std::string_view text) {
  return ToStd(absl::StripAsciiWhitespace(ToAbsl(text)));
}
inline bool EqualsIgnoreCase(std::string_view left, std::string_view right) {
  return absl::EqualsIgnoreCase(ToAbsl(left), ToAbsl(right));
}
// What is not printable as \xNN; UTF-8 stays.
inline std::string Escaped(std::string_view text) { return absl::Utf8SafeCHexEscape(ToAbsl(text)); }

// Removes `prefix` from the front of `text` if it is there.
inline bool ConsumePrefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace sluice::base
