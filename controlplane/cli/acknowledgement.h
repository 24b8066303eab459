// --wait: after a write, until every node that is connected acknowledged its revision.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "controlplane/cli/session.h"
#include "sluice/admin/v1/admin.pb.h"

namespace sluice::cli {

// Shows the progress on the error stream. OK also if no node is connected, and says so.
// DeadlineExceeded names the nodes that have not answered within `limit`; Aborted those that
// refused, with their reasons.
absl::Status AwaitAcknowledgement(Session& session, int64_t revision, absl::Duration limit);

// `acked 37/40, 1 refused: provider "x": base URL ...; waiting for eu-3, eu-7`.
std::string ProgressText(const admin::v1::WaitProgress& progress);

}  // namespace sluice::cli
