// When a node must not follow its control plane: another store, an older one, one that went another
// way from an older one, or one that has lost everything. The node then keeps serving what it has
// and refuses with a reason that tells the operator the way out.
//
// Pure. "All keys" means provider keys and client keys together: revoking the last client key, or
// deleting the last provider key, only takes something away and must reach every node at once; a
// store with neither is one that was lost. An equal revision with other content is followed: a
// newer control plane may serialise the same rows differently.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "dataplane/config/held_configuration.h"

namespace sluice::config {

// A configuration, as far as this question goes.
struct Holdings {
  std::string epoch;
  int64_t revision = 0;
  size_t providers = 0;
  size_t keys = 0;      // of both kinds
  bool forked = false;  // offered to a node whose revision this history of the epoch does not have
};

Holdings HoldingsOf(const HeldConfiguration& configuration);

// Why a node that serves `served` refuses `offered`, and what to do about it; nullopt: it follows.
std::optional<std::string> FindDivergence(const Holdings& served, const Holdings& offered);

}  // namespace sluice::config
