// What has come of a request's body, kept so that it can be sent once more. One thread.
//
// Bounded: a body that grows beyond kMostBytes is let go of, and its request is not tried again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "dataplane/http/message.h"

namespace sluice::proxy {

class HeldBody {
 public:
  static constexpr size_t kMostBytes = size_t{1} << 20;

  // Nothing is kept, and held() is false, of a body that is announced to be longer.
  explicit HeldBody(const http::Framing& framing)
      : held_(framing.kind != http::Framing::Kind::kContentLength || framing.length <= kMostBytes) {
  }

  void Append(std::string_view bytes) {
    if (!held_) return;
    if (bytes_.size() + bytes.size() > kMostBytes) return Drop();
    bytes_.append(bytes);
  }
  void Drop() {
    held_ = false;
    std::string().swap(bytes_);
  }

  // All that has come is here.
  bool held() const { return held_; }
  std::string_view view() const { return bytes_; }

 private:
  bool held_;
  std::string bytes_;
};

}  // namespace sluice::proxy
