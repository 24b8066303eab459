// What happened on all fleet streams since the start. Read by the metrics; any thread.
#pragma once

#include <atomic>
#include <cstdint>

#include "controlplane/publish/latency_histogram.h"

namespace sluice::publish {

struct FleetCounters {
  std::atomic<uint64_t> snapshots_sent{0};
  std::atomic<uint64_t> snapshot_bytes_sent{0};
  std::atomic<uint64_t> deltas_sent{0};
  std::atomic<uint64_t> delta_bytes_sent{0};
  std::atomic<uint64_t> up_to_date_sent{0};
  std::atomic<uint64_t> acks{0};
  std::atomic<uint64_t> nacks{0};
  std::atomic<uint64_t> hash_mismatches{0};  // acknowledged with another, or not led to by a delta
  std::atomic<uint64_t> replaced_connections{0};
  std::atomic<uint64_t> refused_connections{0};  // wrong token, no or wrong Hello, rubbish
  std::atomic<uint64_t> put_off_connections{0};  // told to come again for their snapshot
  std::atomic<uint64_t> stalled_connections{0};  // took nothing, or said nothing, for too long
  LatencyHistogram pushes;  // from the begin of sending a revision to its acknowledgement
};

}  // namespace sluice::publish
