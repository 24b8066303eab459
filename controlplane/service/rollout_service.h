// Canary rollouts: from the wire to the use cases and back, and their automatic end. Thread-safe.
#pragma once

#include "absl/status/statusor.h"
#include "controlplane/ops/rollout_ops.h"
#include "controlplane/publish/node_registry.h"
#include "controlplane/publish/publisher.h"
#include "controlplane/publish/rollout_watch.h"
#include "controlplane/service/rpc_desk.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::service {

class RolloutService final : public admin::v1::RolloutService::CallbackService {
 public:
  RolloutService(RpcDesk& desk, ops::RolloutOps& ops, const publish::Publisher& publisher,
                 const publish::NodeRegistry& nodes)
      : desk_(desk), ops_(ops), publisher_(publisher), nodes_(nodes) {}

  grpc::ServerUnaryReactor* GetRollout(grpc::CallbackServerContext* context,
                                       const admin::v1::GetRolloutRequest* request,
                                       admin::v1::Rollout* response) override;
  grpc::ServerUnaryReactor* PromoteRollout(grpc::CallbackServerContext* context,
                                           const admin::v1::PromoteRolloutRequest* request,
                                           admin::v1::PromoteRolloutResponse* response) override;
  grpc::ServerUnaryReactor* AbortRollout(grpc::CallbackServerContext* context,
                                         const admin::v1::AbortRolloutRequest* request,
                                         admin::v1::AbortRolloutResponse* response) override;

  // Aborts the rollout under way if its canaries say so. To be called about once a second.
  void Look();

 private:
  absl::StatusOr<admin::v1::Rollout> Get();

  RpcDesk& desk_;
  ops::RolloutOps& ops_;
  const publish::Publisher& publisher_;
  const publish::NodeRegistry& nodes_;
  publish::RolloutWatch watch_;
};

}  // namespace sluice::service
