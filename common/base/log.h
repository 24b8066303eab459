// Process logs: spdlog to standard error, one line each, UTC. Never a secret, a body or a query
// string.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace sluice::base {

// `level`: debug, info, warning, error. Call once, before threads.
absl::Status StartLogging(const std::string& program, const std::string& level);

}  // namespace sluice::base
