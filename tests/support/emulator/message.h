// One request head as it came off the wire: its exact bytes, and what they say. Tolerant, because a
// test wants to see what a gateway really sent; what is odd is noted as a flag instead of being
// refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::emulator {

struct Field {
  std::string name;
  std::string value;
};

struct RequestHead {
  std::string raw;  // with the blank line that ends it
  std::string method;
  std::string target;
  std::string version;
  std::vector<Field> fields;
  std::vector<std::string> flags;

  // The value of the first field of that name.
  std::optional<std::string_view> Find(std::string_view name) const;
  // Whether a comma-separated field, e.g. Connection, has that word.
  bool HasToken(std::string_view name, std::string_view token) const;
  // The raw target up to '?'.
  std::string_view Path() const;
};

// How many of `bytes` are a whole head; 0 while its end is missing.
size_t HeadSize(std::string_view bytes);
// Null if it is not HTTP at all.
std::optional<RequestHead> ParseHead(std::string_view raw);

// A '+' stays a '+', so that base64 can stand in a query. A bad escape stays as it is.
std::string PercentDecode(std::string_view text);
// Names and values decoded, in order, with duplicates.
std::vector<Field> QueryParameters(std::string_view target);
std::optional<std::string> QueryParameter(std::string_view target, std::string_view name);

}  // namespace sluice::emulator
