#include "tests/integration/conformance/text.h"

#include <algorithm>
#include <cctype>
#include <cstdio>

namespace sluice::test {
namespace {

constexpr std::string_view kId = "{ID}";
constexpr std::string_view kLength = "{LENGTH}";
constexpr size_t kIdBytes = 30;
constexpr size_t kShownBytes = 1500;

bool IsMadeId(std::string_view text) {
  return text.size() == kIdBytes && text.starts_with("req_") &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567", 4) == std::string_view::npos;
}

std::string Escaped(std::string_view bytes) {
  std::string shown;
  for (char c : bytes) {
    if (c == '\r') {
      shown += "\\r";
    } else if (c == '\n') {
      shown += "\\n\n";
    } else if (c >= 0x20 && c < 0x7f) {
      shown += c;
    } else {
      char escape[5];
      std::snprintf(escape, sizeof escape, "\\x%02x", static_cast<unsigned char>(c));
      shown += escape;
    }
  }
  return shown;
}

// Takes what `placeholder` stands for off the front of `actual`; false if it is not there.
bool Take(std::string_view placeholder, std::string_view& actual, size_t length, Names& names) {
  if (placeholder == kLength) {
    const std::string digits = std::to_string(length);
    if (!actual.starts_with(digits)) return false;
    actual.remove_prefix(digits.size());
    return true;
  }
  const std::string_view id = actual.substr(0, kIdBytes);
  if (!IsMadeId(id)) return false;
  actual.remove_prefix(kIdBytes);
  return names.emplace(kId, id).first->second == id;
}

}  // namespace

std::string Filled(std::string text, const Names& names) {
  for (const auto& [name, value] : names) {
    for (size_t at = 0; (at = text.find(name, at)) != std::string::npos; at += value.size()) {
      text.replace(at, name.size(), value);
    }
  }
  return text;
}

std::string Difference(std::string_view pattern, std::string_view actual, size_t length,
                       Names& names) {
  const auto differs = [whole_pattern = pattern, whole_actual = actual] {
    return "expected:\n" + Shown(whole_pattern) + "\nbut got:\n" + Shown(whole_actual);
  };
  const std::string_view whole = actual;
  while (true) {
    const size_t at = std::min(pattern.find(kId), pattern.find(kLength));
    const std::string_view literal = pattern.substr(0, at);
    if (!actual.starts_with(literal)) {
      const auto [p, a] =
          std::mismatch(literal.begin(), literal.end(), actual.begin(), actual.end());
      const size_t good = whole.size() - static_cast<size_t>(actual.end() - a);
      return differs() + "\nthe first difference is at byte " + std::to_string(good);
    }
    actual.remove_prefix(literal.size());
    if (at == std::string_view::npos) return actual.empty() ? "" : differs();
    pattern.remove_prefix(at);
    const std::string_view placeholder = pattern.substr(0, pattern.find('}') + 1);
    pattern.remove_prefix(placeholder.size());
    if (!Take(placeholder, actual, length, names)) {
      return differs() + "\n" + std::string(placeholder) + " does not stand for what came";
    }
  }
}

std::string Shown(std::string_view bytes) {
  if (bytes.size() <= kShownBytes) return Escaped(bytes);
  const size_t half = kShownBytes / 2;
  return Escaped(bytes.substr(0, half)) + "\n... " + std::to_string(bytes.size()) +
         " bytes in all ...\n" + Escaped(bytes.substr(bytes.size() - half));
}

std::string TestNameOf(const std::string& case_name) {
  std::string name;
  for (char c : case_name) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (plain) {
      name += c;
    } else if (!name.empty() && name.back() != '_') {
      name += '_';
    }
  }
  while (!name.empty() && name.back() == '_') name.pop_back();
  return name;
}

}  // namespace sluice::test
