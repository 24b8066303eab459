// Who this node is to its control plane, when the operator gives it no name.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sluice::observe {

// The id in `state_dir`/node.id; made at random, and kept there, if there is no such file. The
// folder must exist. An error names the file.
absl::StatusOr<std::string> LoadOrMakeNodeId(const std::string& state_dir);

// 1 to 63 of a-z A-Z 0-9 - _ . and begins with a letter or digit.
bool IsNodeId(std::string_view text);

}  // namespace sluice::observe
