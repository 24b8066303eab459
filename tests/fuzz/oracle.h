// What the fuzzers know of HTTP and URLs by themselves: written apart from the code they judge, so
// that both cannot be wrong in the same way. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "dataplane/http/header_list.h"

namespace sluice::fuzz {

// Ends the program with `rule` and `evidence`, escaped, unless `holds`.
void Require(bool holds, std::string_view rule, std::string_view evidence = "");
// For evidence that is not there already.
template <class Evidence>
requires std::is_invocable_v<Evidence>
void Require(bool holds, std::string_view rule, Evidence evidence) {
  if (!holds) Require(false, rule, evidence());
}

// A token of RFC 9110.
bool IsToken(std::string_view text);
// No control character but tab, no white space at either end.
bool IsValue(std::string_view text);
bool SameName(std::string_view a, std::string_view b);
bool NameBegins(std::string_view name, std::string_view prefix);
std::string_view Trimmed(std::string_view text);

// Percent escapes decoded once; a broken one stands for itself.
std::string Decoded(std::string_view text);
// Decoded, slashes single, none at the end: what a provider that is generous with paths may make of
// one.
std::string Canonical(std::string_view path);
// Whether a reader that decodes before it resolves finds a segment . or .. in `path`.
bool Climbs(std::string_view path);

using Fields = std::vector<std::pair<std::string, std::string>>;

Fields FieldsOf(const http::HeaderList& headers);
size_t Count(const Fields& fields, std::string_view name);
// Of the first field of that name; "" if there is none.
std::string ValueOf(const Fields& fields, std::string_view name);
// Name and value of each line of a head that ends with an empty line, by nothing but CR LF and the
// first colon. `first_line` gets the line before them.
Fields ReadFields(std::string_view head, std::string* first_line);

}  // namespace sluice::fuzz
