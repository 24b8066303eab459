// How a data plane begins: with what it served last.
#pragma once

#include <optional>

#include "dataplane/config/held_configuration.h"
#include "dataplane/config/last_known_good.h"
#include "dataplane/config/live_state.h"
#include "dataplane/config/snapshot_slot.h"

namespace sluice::config {

// Builds the newest stored configuration that passes the checker and publishes it. Nothing if there
// is none: the node then has nothing to serve until its control plane sends something. At start,
// before the link's thread.
std::optional<HeldConfiguration> ServeLastKnownGood(LastKnownGood& last_known_good,
                                                    LiveState& live_state, SnapshotSlot& slot);

}  // namespace sluice::config
