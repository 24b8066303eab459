// How much the calling thread has allocated so far: with operator new in any of its forms, and by
// way of OpenSSL. What other C libraries take with malloc is not counted.
#pragma once

#include <cstdint>

namespace sluice::bench {

struct Allocated {
  uint64_t count = 0;
  uint64_t bytes = 0;  // asked for; what is given back is not taken off
};

Allocated AllocatedSoFar();

// OpenSSL's from here on. False: it has allocated already, and its own way is kept.
bool CountOpenSsl();

}  // namespace sluice::bench
