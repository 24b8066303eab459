// The raw request target cut into its parts, nothing decoded (docs/PASSTHROUGH.md, 1.1 to 1.3).
#pragma once

#include <string_view>

#include "dataplane/policy/decision.h"

namespace sluice::policy {

// Views into the raw target.
struct Target {
  std::string_view provider;  // what stands between /p/ and the next /; may be empty
  std::string_view endpoint;  // what follows that /, up to ?; empty if there is no such /
  std::string_view query;     // what follows ?
  bool has_query = false;     // there is a ?
};

// 404 unknown_route for a path that is not below /p/; 400 invalid_path for a target that is no
// path. Both say nothing that a caller without credentials may not know.
Decision<Target> SplitTarget(std::string_view raw_target);

// Whether the query can stand in a request line: no control character, space or `#`.
bool IsQuery(std::string_view query);

}  // namespace sluice::policy
