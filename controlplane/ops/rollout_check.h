// While a rollout is under way the nodes that are no canaries have a configuration of their own:
// the newest, but with what the rollout touched as it was before. A write must leave that one whole
// too, or those nodes would refuse it, and an abort, which makes it everybody's, would break a
// rule.
#pragma once

#include "absl/status/status.h"
#include "controlplane/store/change.h"

namespace sluice::ops {

// FailedPrecondition says what would be broken. Its cost is that of the whole configuration, but
// only while there is a rollout.
absl::Status CheckOthers(const store::Change& change);

}  // namespace sluice::ops
