// How a request ended, as far as it is counted.
#pragma once

#include <cstdint>
#include <optional>

#include "dataplane/http/gateway_error.h"

namespace sluice::observe {

struct RequestOutcome {
  int status = 0;  // of the answer's head; 0 if none was sent
  // The side it failed on; nullopt: it went through, a provider's own error included.
  std::optional<http::Side> failed = std::nullopt;
  uint64_t bytes_up = 0;    // of the request body, as sent upstream
  uint64_t bytes_down = 0;  // of the response body, as sent downstream
};

}  // namespace sluice::observe
