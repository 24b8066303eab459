// Finds the model that a request's JSON body names, while the body goes by: a copy is looked at, no
// byte is held or changed, and no more than the first kMostLooked of them are seen.
//
// For the accounts only: what cannot be read is not known, and nothing is refused for it. Keys that
// may only use certain models have a model_check.h. One worker; owned by its exchange.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "dataplane/http/message.h"
#include "dataplane/meter/json_scan.h"

namespace sluice::proxy {

class ModelPeek final : private meter::JsonScan::Reader {
 public:
  static constexpr size_t kMostLooked = size_t{16} << 10;

  // Whether there is anything to look at: a POST with a body of JSON.
  static bool CanRead(const http::RequestHead& head);

  ModelPeek();
  ModelPeek(const ModelPeek&) = delete;
  ModelPeek& operator=(const ModelPeek&) = delete;

  void Take(std::string_view bytes) {
    if (left_ > 0) Look(bytes);
  }
  // Empty: not found so far. As it was sent, kMostBytes at most.
  std::string_view model() const { return {model_.data(), size_}; }

 private:
  static constexpr size_t kMostBytes = 128;

  void Look(std::string_view bytes);
  void OnValue(uint8_t tag, bool is_string, std::string_view text) override;
  void OnObjectEnd() override { ended_ = true; }

  bool ended_ = false;         // what follows is no part of the request
  size_t left_ = kMostLooked;  // 0: nothing is looked at any more
  size_t size_ = 0;
  std::array<char, kMostBytes> model_;
  meter::JsonScan scan_;
};

}  // namespace sluice::proxy
