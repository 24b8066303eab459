// How many connections a process can carry, from the number of files it may have open.
#pragma once

#include <cstddef>

#include "absl/status/statusor.h"

namespace sluice::edge {

// Raises the soft limit of open files to the hard one and returns it. Call once, at the start of
// the process.
absl::StatusOr<size_t> RaiseFdLimit();

// Every connection may need a second fd towards its provider; a part is kept back for files, logs,
// the control plane, and for clients that are being refused. At least 1.
size_t MaxConnectionsFor(size_t fd_limit);

}  // namespace sluice::edge
