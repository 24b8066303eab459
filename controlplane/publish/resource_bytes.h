// A row of the store as it travels to the nodes.
#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "common/base/secret.h"
#include "controlplane/sealing/sealer.h"
#include "controlplane/store/resource.h"

namespace sluice::publish {

// The serialised message of the kind's entry in a Configuration, secrets opened. None for what does
// not travel: a revoked client key. DataLoss names a row that cannot be read or opened.
absl::StatusOr<std::optional<base::Secret>> ResourceBytes(const store::ResourceRow& row,
                                                          const sealing::Sealer& sealer);

}  // namespace sluice::publish
