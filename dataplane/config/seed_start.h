// How a data plane begins that never had a configuration and finds no control plane: from a seed
// (common/wire/seed.h) that an operator took earlier.
#pragma once

#include <optional>
#include <string>

#include "dataplane/config/held_configuration.h"
#include "dataplane/config/last_known_good.h"
#include "dataplane/config/live_state.h"
#include "dataplane/config/snapshot_slot.h"

namespace sluice::config {

struct SeedFiles {
  std::string seed;  // empty: there is none
  std::string key;
};

// For a node without a usable last-known-good: what the seed holds becomes it, and is served.
// Nothing if there is no seed; a seed that cannot be used is logged at error level with the file's
// name, and the node starts without a configuration. At start, before the link's thread.
std::optional<HeldConfiguration> ServeSeed(const SeedFiles& files, LastKnownGood& last_known_good,
                                           LiveState& live_state, SnapshotSlot& slot);

}  // namespace sluice::config
