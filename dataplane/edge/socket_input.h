// What one read from a client's socket brought, in plaintext or out of TLS.
#pragma once

#include <cstddef>

namespace sluice::edge {

struct Input {
  enum class Kind {
    kBytes,  // `size` of them
    kWait,   // nothing now
    kEnd,    // the client will send no more
    kLost,   // reset or broken: nothing goes in or out any more
  };
  Kind kind = Kind::kWait;
  size_t size = 0;
  bool more = false;  // with kBytes: there may be more, or an end, that no event will tell of
};

}  // namespace sluice::edge
