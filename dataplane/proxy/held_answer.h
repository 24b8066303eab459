// A provider's refusal of a key, kept back until it is known whether another try follows. If none
// does, it goes to the client as it came. One thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "dataplane/http/message.h"

namespace sluice::proxy {

struct HeldAnswer {
  // Refusals are short; one that is not is on its way to the client at once.
  static constexpr size_t kMostBytes = size_t{64} << 10;

  http::ResponseHead head;
  std::string body;

  bool CanTake(std::string_view bytes) const { return body.size() + bytes.size() <= kMostBytes; }
};

}  // namespace sluice::proxy
