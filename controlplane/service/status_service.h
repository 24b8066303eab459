// The numbers of the whole control plane. Thread-safe.
#pragma once

#include "absl/time/time.h"
#include "controlplane/ops/history_ops.h"
#include "controlplane/publish/node_registry.h"
#include "controlplane/service/rpc_desk.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::service {

class StatusService final : public admin::v1::StatusService::CallbackService {
 public:
  StatusService(RpcDesk& desk, ops::HistoryOps& ops, publish::NodeRegistry& nodes,
                absl::Time started_at)
      : desk_(desk), ops_(ops), nodes_(nodes), started_at_(started_at) {}

  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const admin::v1::GetStatusRequest* request,
                                      admin::v1::GetStatusResponse* response) override;

 private:
  absl::StatusOr<admin::v1::GetStatusResponse> Status();

  RpcDesk& desk_;
  ops::HistoryOps& ops_;
  publish::NodeRegistry& nodes_;
  const absl::Time started_at_;
};

}  // namespace sluice::service
