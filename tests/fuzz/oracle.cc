#include "tests/fuzz/oracle.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "common/base/text.h"

namespace sluice::fuzz {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t'; }

char LowerCase(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

int Hex(char c) {
  const size_t at = std::string_view("0123456789abcdef").find(LowerCase(c));
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

}  // namespace

void Require(bool holds, std::string_view rule, std::string_view evidence) {
  if (holds) return;
  std::fprintf(stderr, "broken rule: %s\nby: %s\n", std::string(rule).c_str(),
               base::Escaped(evidence).c_str());
  std::abort();
}

bool IsToken(std::string_view text) {
  for (char c : text) {
    bool letter = LowerCase(c) >= 'a' && LowerCase(c) <= 'z';
    bool digit = c >= '0' && c <= '9';
    bool sign = c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    if (!letter && !digit && !sign) return false;
  }
  return !text.empty();
}

bool IsValue(std::string_view text) {
  for (unsigned char c : text) {
    if ((c < 0x20 && c != '\t') || c == 0x7f) return false;
  }
  return text.empty() || (!IsSpace(text.front()) && !IsSpace(text.back()));
}

bool SameName(std::string_view a, std::string_view b) {
  return a.size() == b.size() && NameBegins(a, b);
}

bool NameBegins(std::string_view name, std::string_view prefix) {
  if (name.size() < prefix.size()) return false;
  for (size_t i = 0; i < prefix.size(); ++i) {
    if (LowerCase(name[i]) != LowerCase(prefix[i])) return false;
  }
  return true;
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

std::string Decoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    bool escape =
        text[i] == '%' && i + 2 < text.size() && Hex(text[i + 1]) >= 0 && Hex(text[i + 2]) >= 0;
    decoded.push_back(escape ? static_cast<char>(Hex(text[i + 1]) * 16 + Hex(text[i + 2]))
                             : text[i]);
    if (escape) i += 2;
  }
  return decoded;
}

std::string Canonical(std::string_view path) {
  std::string canonical;
  for (char c : Decoded(path)) {
    if (c != '/' || canonical.empty() || canonical.back() != '/') canonical.push_back(c);
  }
  while (canonical.size() > 1 && canonical.back() == '/') canonical.pop_back();
  return canonical;
}

bool Climbs(std::string_view path) {
  std::string segment;
  for (char c : Decoded(path) + "/") {
    if (c != '/' && c != '\\') {
      segment.push_back(c);
      continue;
    }
    if (segment == "." || segment == "..") return true;
    segment.clear();
  }
  return false;
}

Fields FieldsOf(const http::HeaderList& headers) {
  Fields fields;
  for (size_t i = 0; i < headers.size(); ++i) {
    fields.emplace_back(headers[i].name, headers[i].value);
  }
  return fields;
}

size_t Count(const Fields& fields, std::string_view name) {
  return std::count_if(fields.begin(), fields.end(),
                       [&](const auto& field) { return SameName(field.first, name); });
}

std::string ValueOf(const Fields& fields, std::string_view name) {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const auto& field) { return SameName(field.first, name); });
  return found == fields.end() ? "" : found->second;
}

Fields ReadFields(std::string_view head, std::string* first_line) {
  Fields fields;
  bool first = true;
  while (true) {
    size_t end = head.find("\r\n");
    Require(end != std::string_view::npos, "an accepted head ends with an empty line", head);
    std::string_view line = head.substr(0, end);
    head.remove_prefix(end + 2);
    Require(line.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos,
            "no CR, LF or NUL inside a line", line);
    if (first) {
      first_line->assign(line);
      first = false;
      continue;
    }
    if (line.empty()) break;
    size_t colon = line.find(':');
    Require(colon != std::string_view::npos, "each field has a colon", line);
    fields.emplace_back(line.substr(0, colon), Trimmed(line.substr(colon + 1)));
  }
  Require(head.empty(), "an accepted head is all of what was taken for it", head);
  return fields;
}

}  // namespace sluice::fuzz
