// Which nodes are canaries. Pure.
#pragma once

#include <google/protobuf/map.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "controlplane/store/rollout_rows.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::publish {

using Labels = google::protobuf::Map<std::string, std::string>;

// By label, or by a number that every node has from its id: of each percentage it is the same nodes
// that come first.
bool IsCanary(const store::RolloutTerms& terms, const std::string& node, const Labels& labels);

// `selector`: "LABEL=VALUE" or "N%" with N from 1 to 99, of the nodes that are connected, one at
// least. `max_errors`: "" or "N%". InvalidArgument if a text is neither, FailedPrecondition if no
// connected node is selected.
absl::StatusOr<store::RolloutTerms> ChooseTerms(const std::string& selector,
                                                const std::string& max_errors,
                                                const std::vector<admin::v1::Node>& nodes);

}  // namespace sluice::publish
