// What is measured of a fleet; each part is a file of its own. An error is a sentence, and ends the
// run.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "tests/bench/fleet/samples.h"
#include "tests/bench/fleet/simulated_fleet.h"
#include "tests/bench/fleet/world.h"

namespace sluice::bench {

struct Propagation {
  // Of each write, until the control plane had heard from every connected node, simulated or not,
  // that it serves the revision.
  Samples from_return;   // of the write
  Samples from_send;     // of the write: with the transaction and its flush to disk
  Samples to_simulated;  // from the write's return until the last simulated node had it
  int nodes = 0;
};
// propagation.cc: `writes` changes of one client key, each when all nodes have the one before.
absl::StatusOr<Propagation> MeasurePropagation(World& world, SimulatedFleet& fleet, size_t writes);

struct Revocation {
  Samples to_refusal;    // from the revocation's return to the first 401 of the last data plane
  Samples to_simulated;  // and to the arrival at the last simulated node
  Samples to_all;        // the later of both
};
// propagation.cc: `keys` keys that all data planes serve are revoked, one after the other.
absl::StatusOr<Revocation> MeasureRevocation(World& world, SimulatedFleet& fleet, size_t keys);

struct DeltaCost {
  double bytes_down = 0;  // per change, on the connection of data plane 0, framing included
  double bytes_up = 0;
  double cpu_ms = 0;       // of data plane 0 per change, less what it uses without
  Samples quiet;           // times of requests through it without changes
  Samples busy;            // and with
  double ratio = 0;        // of the 99th percentiles of all rounds, which took turns
  double least_ratio = 0;  // of a single round
  double most_ratio = 0;
};
// delta_cost.cc: only data plane 0 should be connected. `twin`: another of the same size, to which
// the changes go that data plane 0 is not to see. Control plane, data planes and their clients
// share a few processors here: without the twin it would be the control plane's work that is
// measured.
absl::StatusOr<DeltaCost> MeasureDeltaCost(World& world, World& twin, size_t changes,
                                           size_t rounds);

struct Reconnection {
  double restart_seconds = 0;  // from the new process's exec until all nodes are up to date
  double kill_seconds = 0;     // and from the kill
  int64_t snapshots = 0;       // that simulated nodes were sent
  int64_t retry_hints = 0;
  int64_t requests = 0;  // through the data planes meanwhile
  int64_t failures = 0;
  std::string first_failure;
};
// reconnection.cc
absl::StatusOr<Reconnection> MeasureReconnection(World& world, SimulatedFleet& fleet);

// cold_start.cc: exec of a data plane with `keys` client keys in its last-known-good file, and no
// control plane, until its first 200.
absl::StatusOr<Samples> MeasureColdStarts(size_t keys, size_t starts);

// Resident memory of a process in MiB: now, and the most it ever was.
struct Memory {
  double now = 0;
  double most = 0;
};
Memory MemoryOf(int pid);

}  // namespace sluice::bench
