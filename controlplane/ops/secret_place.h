// Where a stored secret belongs, as sealing binds it.
#pragma once

#include "absl/status/statusor.h"
#include "controlplane/sealing/sealer.h"
#include "controlplane/store/secret_rows.h"

namespace sluice::ops {

// By the row's own id, whatever its body says of itself. DataLoss names one that cannot be read.
absl::StatusOr<sealing::SecretPlace> PlaceOf(const store::StoredSecret& secret);

}  // namespace sluice::ops
