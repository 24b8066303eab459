#include "common/base/secret.h"

#include <string.h>

#include <utility>

namespace sluice::base {

void Wipe(void* bytes, size_t size) {
  if (size > 0) explicit_bzero(bytes, size);
}

Secret::~Secret() { Wipe(value_.data(), value_.size()); }

Secret::Secret(Secret&& other) noexcept : value_(std::move(other.value_)) {
  // A short string is copied by a move: the source still holds the bytes.
  Wipe(other.value_.data(), other.value_.capacity());
  other.value_.clear();
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  Wipe(value_.data(), value_.size());
  value_ = std::move(other.value_);
  Wipe(other.value_.data(), other.value_.capacity());
  other.value_.clear();
  return *this;
}

bool Secret::Equals(std::string_view other) const {
  if (value_.size() != other.size()) return false;
  unsigned char difference = 0;
  for (size_t i = 0; i < other.size(); ++i) {
    difference |= static_cast<unsigned char>(value_[i] ^ other[i]);
  }
  return difference == 0;
}

}  // namespace sluice::base
