#include "tests/support/emulator/text.h"

#include <algorithm>

#include "absl/strings/escaping.h"

namespace sluice::emulator {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

bool SameName(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), Lower);
  return lower;
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::vector<std::string_view> Split(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  size_t begin = 0;
  for (;;) {
    const size_t end = text.find(separator, begin);
    if (end == std::string_view::npos) break;
    parts.push_back(text.substr(begin, end - begin));
    begin = end + separator.size();
  }
  parts.push_back(text.substr(begin));
  return parts;
}

std::optional<uint64_t> ParseNumber(std::string_view text, int base) {
  uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number, base);
  if (text.empty() || result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return number;
}

std::string Hex(uint64_t number) {
  char digits[16];
  const auto result = std::to_chars(digits, digits + sizeof digits, number, 16);
  return std::string(digits, result.ptr);
}

std::string HexOfBytes(std::string_view bytes) { return absl::BytesToHexString(View(bytes)); }

std::string Base64(std::string_view bytes) { return absl::Base64Escape(View(bytes)); }

std::optional<std::string> FromBase64(std::string_view text) {
  std::string bytes;
  if (absl::Base64Unescape(View(text), &bytes) || absl::WebSafeBase64Unescape(View(text), &bytes))
    return bytes;
  return std::nullopt;
}

}  // namespace sluice::emulator
