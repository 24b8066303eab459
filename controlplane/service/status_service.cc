#include "controlplane/service/status_service.h"

#include "controlplane/store/timestamp.h"

namespace sluice::service {

grpc::ServerUnaryReactor* StatusService::GetStatus(grpc::CallbackServerContext* context,
                                                   const admin::v1::GetStatusRequest*,
                                                   admin::v1::GetStatusResponse* response) {
  return desk_.Answer(context, "/sluice.admin.v1.StatusService/GetStatus", response,
                      [this](const ops::Caller&) { return Status(); });
}

absl::StatusOr<admin::v1::GetStatusResponse> StatusService::Status() {
  auto status = ops_.GetStatus();
  if (!status.ok()) return status;
  const publish::NodeRegistry::Totals totals = nodes_.Count(status->revision());
  status->set_build(SLUICE_VERSION);
  status->set_nodes_connected(totals.connected);
  status->set_nodes_current(totals.current);
  *status->mutable_started_at() = store::ToTimestamp(started_at_);
  return status;
}

}  // namespace sluice::service
