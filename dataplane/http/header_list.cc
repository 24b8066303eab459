#include "dataplane/http/header_list.h"

#include <algorithm>
#include <array>

namespace sluice::http {
namespace {

constexpr char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

constexpr std::array<bool, 256> MakeTokenTable() {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[c] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[c] = table[c | 0x20] = true;
  for (char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr std::array<bool, 256> kToken = MakeTokenTable();

}  // namespace

bool SameName(const char* a, const char* b, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    if (Lower(a[i]) != Lower(b[i])) return false;
  }
  return true;
}

HeaderList::Span HeaderList::Store(std::string_view name, std::string_view value) {
  Span span{static_cast<uint32_t>(bytes_.size()), static_cast<uint32_t>(name.size()),
            static_cast<uint32_t>(bytes_.size() + name.size()),
            static_cast<uint32_t>(value.size())};
  bytes_.append(name);
  bytes_.append(value);
  return span;
}

void HeaderList::Add(std::string_view name, std::string_view value) {
  fields_.push_back(Store(name, value));
}

void HeaderList::Set(std::string_view name, std::string_view value) {
  for (size_t i = 0; i < fields_.size(); ++i) {
    if (!NameEquals((*this)[i].name, name)) continue;
    fields_[i] = Store(name, value);
    auto rest = std::remove_if(
        fields_.begin() + static_cast<ptrdiff_t>(i) + 1, fields_.end(), [&](const Span& span) {
          return NameEquals({bytes_.data() + span.name_at, span.name_size}, name);
        });
    fields_.erase(rest, fields_.end());
    return;
  }
  Add(name, value);
}

size_t HeaderList::Remove(std::string_view name) {
  return std::erase_if(fields_, [&](const Span& span) {
    return NameEquals({bytes_.data() + span.name_at, span.name_size}, name);
  });
}

void HeaderList::Clear() {
  bytes_.clear();
  fields_.clear();
}

void HeaderList::Reserve(size_t fields, size_t bytes) {
  fields_.reserve(fields);
  bytes_.reserve(bytes);
}

HeaderList::Field HeaderList::operator[](size_t i) const {
  const Span& span = fields_[i];
  return {{bytes_.data() + span.name_at, span.name_size},
          {bytes_.data() + span.value_at, span.value_size}};
}

std::optional<std::string_view> HeaderList::Find(std::string_view name) const {
  for (size_t i = 0; i < fields_.size(); ++i) {
    Field field = (*this)[i];
    if (NameEquals(field.name, name)) return field.value;
  }
  return std::nullopt;
}

size_t HeaderList::Count(std::string_view name) const {
  size_t count = 0;
  for (size_t i = 0; i < fields_.size(); ++i) count += NameEquals((*this)[i].name, name);
  return count;
}

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return kToken[static_cast<unsigned char>(c)]; });
}

bool IsFieldValue(std::string_view text) {
  if (text.empty()) return true;
  auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  if (is_space(text.front()) || is_space(text.back())) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    unsigned char byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

}  // namespace sluice::http
