// What the metrics say of the records of requests. Plain values.
#pragma once

#include <cstdint>

#include "dataplane/observe/tail_feed.h"
#include "dataplane/observe/usage_spool.h"

namespace sluice::observe {

struct RecordState {
  UsageSpool::State spool;
  uint64_t access_log_dropped = 0;
  TailFeed::State tail = {};
};

}  // namespace sluice::observe
