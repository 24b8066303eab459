// libcurl's own global state, and whom it believes.
#pragma once

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/crypto/trust_store.h"

namespace sluice::upstream {

// Once, before any Client and any thread.
absl::Status InitialiseLibrary();
// Whom libcurl believes if it is told nothing: the authorities of this system, as they are now.
absl::StatusOr<std::unique_ptr<crypto::TrustStore>> LoadAuthorities();

}  // namespace sluice::upstream
