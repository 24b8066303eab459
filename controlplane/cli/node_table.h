// The nodes as a table for people. Pure.
#pragma once

#include <ostream>

#include "absl/time/time.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::cli {

// A row for each node. `wide`: with what does not fit into 80 columns, labels, build and address
// among it.
void PrintNodes(const admin::v1::ListNodesResponse& response, absl::Time now, bool wide,
                std::ostream& out);

}  // namespace sluice::cli
