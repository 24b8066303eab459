// A value that must never be printed: a provider key, a token, a master key.
//
// It has no stream operator, no formatter and no implicit conversion; Reveal() is the one way out,
// and what calls it can be searched for. The bytes are wiped when the object ends. Movable; copies
// are made by name, with Clone().
#pragma once

#include <string>
#include <string_view>

namespace sluice::base {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  explicit Secret(std::string_view value) : value_(value) {}
  ~Secret();
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  Secret Clone() const { return Secret(std::string_view(value_)); }
  // Valid as long as this object.
  std::string_view Reveal() const { return value_; }
  bool empty() const { return value_.empty(); }
  // Takes a time that depends on the lengths only.
  bool Equals(std::string_view other) const;

 private:
  std::string value_;
};

// Overwrites `size` bytes in a way the compiler does not remove.
void Wipe(void* bytes, size_t size);

}  // namespace sluice::base
