// The steps that bring the resources back to what they were at a revision.
//
// A revocation is never taken back: a client key that was revoked since stays so, and one that was
// made since is revoked instead of forgotten. Pure, but for opening secrets to see that they do.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "controlplane/sealing/sealer.h"
#include "controlplane/store/change.h"
#include "controlplane/store/resource_rows.h"

namespace sluice::ops {

struct Restoration {
  // From now (`before`) to the old state (`after`), in an order in which no name is taken twice.
  std::vector<store::ResourceSpan> steps;
  // Names of client keys that were usable then and stay revoked.
  std::vector<std::string> still_revoked;
};

// OutOfRange if there is no such revision. DataLoss for a stored secret that the master key does
// not open; InvalidArgument for a resource that the rules of this release refuse.
absl::StatusOr<Restoration> PlanRestoration(const store::ResourceRows& rows, int64_t revision,
                                            const sealing::Sealer& sealer, absl::Time now);

// The steps back over `since`: what became of each resource, in reverse.
absl::StatusOr<Restoration> PlanReversal(std::vector<store::ResourceSpan> since,
                                         const sealing::Sealer& sealer, absl::Time now);

absl::Status Restore(const Restoration& restoration, store::Change& change);

}  // namespace sluice::ops
