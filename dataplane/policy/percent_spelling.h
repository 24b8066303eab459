// Reads text in which bytes may be spelled as percent escapes, without changing or copying it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::policy {

// One byte of a text and how many characters spell it (1, or 3 for an escape).
struct SpelledByte {
  unsigned char byte;
  size_t length;
};

// The byte spelled at `at`, which must be inside `text`. Nothing for a `%` without two hex digits.
std::optional<SpelledByte> ReadByte(std::string_view text, size_t at);

// Whether `text` spells `plain`, or something that begins with it.
bool Spells(std::string_view text, std::string_view plain);
bool SpellsPrefix(std::string_view text, std::string_view plain);

// The bytes that `text` spells; a bad escape stands for itself.
std::string PercentDecoded(std::string_view text);

}  // namespace sluice::policy
