#include "dataplane/policy/percent_spelling.h"

namespace sluice::policy {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

SpelledByte ReadLeniently(std::string_view text, size_t at) {
  return ReadByte(text, at).value_or(SpelledByte{static_cast<unsigned char>(text[at]), 1});
}

// How many characters of `text` spell `plain`; npos if they do not.
size_t LengthOf(std::string_view plain, std::string_view text) {
  size_t at = 0;
  for (char expected : plain) {
    if (at >= text.size()) return std::string_view::npos;
    SpelledByte spelled = ReadLeniently(text, at);
    if (spelled.byte != static_cast<unsigned char>(expected)) return std::string_view::npos;
    at += spelled.length;
  }
  return at;
}

}  // namespace

std::optional<SpelledByte> ReadByte(std::string_view text, size_t at) {
  if (text[at] != '%') return SpelledByte{static_cast<unsigned char>(text[at]), 1};
  if (text.size() - at < 3) return std::nullopt;
  int high = HexDigit(text[at + 1]);
  int low = HexDigit(text[at + 2]);
  if (high < 0 || low < 0) return std::nullopt;
  return SpelledByte{static_cast<unsigned char>(high * 16 + low), 3};
}

bool Spells(std::string_view text, std::string_view plain) {
  return LengthOf(plain, text) == text.size();
}

bool SpellsPrefix(std::string_view text, std::string_view plain) {
  return LengthOf(plain, text) != std::string_view::npos;
}

std::string PercentDecoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    SpelledByte spelled = ReadLeniently(text, at);
    decoded.push_back(static_cast<char>(spelled.byte));
    at += spelled.length;
  }
  return decoded;
}

}  // namespace sluice::policy
