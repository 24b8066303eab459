// Small work on text. Abseil as Debian builds it has a string_view of its own, so its string
// functions do not take ours.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::emulator {

inline void AppendOne(std::string& out, std::string_view text) { out.append(text); }
template <std::integral Number>
void AppendOne(std::string& out, Number number) {
  out.append(std::to_string(number));
}
template <typename... Parts>
void Append(std::string& out, const Parts&... parts) {
  (AppendOne(out, parts), ...);
}
template <typename... Parts>
std::string Cat(const Parts&... parts) {
  std::string out;
  Append(out, parts...);
  return out;
}

inline bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}
// ASCII letters without case.
bool SameName(std::string_view a, std::string_view b);
std::string LowerCase(std::string_view text);
// Without spaces, tabs and line ends around it.
std::string_view Trim(std::string_view text);
// Every part, empty ones too.
std::vector<std::string_view> Split(std::string_view text, std::string_view separator);

// The whole text must be the number, without a sign.
std::optional<uint64_t> ParseNumber(std::string_view text, int base = 10);
std::string Hex(uint64_t number);
std::string HexOfBytes(std::string_view bytes);
std::string Base64(std::string_view bytes);
// Takes the ordinary and the URL-safe alphabet.
std::optional<std::string> FromBase64(std::string_view text);

}  // namespace sluice::emulator
