// Header fields in the order they were sent, with their spelling, duplicates and empty values.
//
// One thread. All names and values stand in one buffer, so a list that is cleared and filled again
// does not allocate. Views that the list hands out are valid until it is next changed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::http {

// Compares header names as HTTP does: ASCII letters without case.
bool SameName(const char* a, const char* b, size_t size);
inline bool NameEquals(std::string_view a, std::string_view b) {
  // Most names differ in their length or first letter, so most comparisons end here. One bit tells
  // the cases of a letter apart.
  if (a.size() != b.size()) return false;
  return a.empty() ||
         (((a.front() ^ b.front()) & ~0x20) == 0 && SameName(a.data(), b.data(), a.size()));
}

class HeaderList {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;
  };

  void Add(std::string_view name, std::string_view value);
  // Replaces every field of that name by one, at the place of the first; appends if there was none.
  void Set(std::string_view name, std::string_view value);
  // Returns how many fields went.
  size_t Remove(std::string_view name);
  void Clear();
  // Room for what is to be added, so that it comes in one piece.
  void Reserve(size_t fields, size_t bytes);

  size_t size() const { return fields_.size(); }
  bool empty() const { return fields_.empty(); }
  // Of all names and values, those that were replaced included.
  size_t bytes() const { return bytes_.size(); }
  Field operator[](size_t i) const;
  // The value of the first field of that name.
  std::optional<std::string_view> Find(std::string_view name) const;
  bool Has(std::string_view name) const { return Find(name).has_value(); }
  size_t Count(std::string_view name) const;

 private:
  struct Span {
    uint32_t name_at;
    uint32_t name_size;
    uint32_t value_at;
    uint32_t value_size;
  };
  Span Store(std::string_view name, std::string_view value);

  std::string bytes_;
  std::vector<Span> fields_;
};

// A field name as RFC 9110 has it: one or more token characters.
bool IsToken(std::string_view text);
// A field value that can go on the wire: no control character but tab; no space at either end.
bool IsFieldValue(std::string_view text);

}  // namespace sluice::http
