// libcurl's own global state.
#pragma once

#include "absl/status/status.h"

namespace sluice::upstream {

// Once, before any Client and any thread.
absl::Status InitialiseLibrary();

}  // namespace sluice::upstream
