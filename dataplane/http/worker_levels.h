// What one worker holds for its requests, as the metrics show it. Whoever holds it keeps the level:
// the worker's thread changes, any thread reads.
#pragma once

#include "common/base/level.h"

namespace sluice::http {

struct WorkerLevels {
  base::Level upstream_connections;  // that stand: in use, or kept for the next request
  base::Level idle_upstream_connections;
  base::Level upload_bytes;    // of request bodies that wait
  base::Level download_bytes;  // of memory for answers that clients have not taken yet
  base::Level decoder_bytes;   // of memory for looking into compressed answers
};

}  // namespace sluice::http
