// How the spans of traces fare, as /metrics shows it.
#pragma once

#include <cstdint>

namespace sluice::observe {

struct TraceState {
  uint64_t exported = 0;  // spans that the collector took
  uint64_t waiting = 0;   // spans on their way to it
  // Spans that were dropped, by why.
  struct Dropped {
    uint64_t queue_full = 0;
    uint64_t refused = 0;      // the collector does not want them
    uint64_t unreachable = 0;  // it could not be reached, or had no time, again and again
    uint64_t ending = 0;       // the program ended before
  };
  Dropped dropped;
  uint64_t failures = 0;  // attempts that did not bring a batch
};

}  // namespace sluice::observe
