// The nodes, and waiting until they have a revision. Thread-safe.
#pragma once

#include "controlplane/ops/history_ops.h"
#include "controlplane/publish/node_registry.h"
#include "controlplane/publish/watch_hub.h"
#include "controlplane/service/rpc_desk.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::service {

class NodeService final : public admin::v1::NodeService::CallbackService {
 public:
  NodeService(RpcDesk& desk, ops::HistoryOps& ops, publish::WatchHub& hub)
      : desk_(desk), ops_(ops), hub_(hub), nodes_(hub.registry()) {}

  grpc::ServerUnaryReactor* ListNodes(grpc::CallbackServerContext* context,
                                      const admin::v1::ListNodesRequest* request,
                                      admin::v1::ListNodesResponse* response) override;
  grpc::ServerUnaryReactor* GetNode(grpc::CallbackServerContext* context,
                                    const admin::v1::GetNodeRequest* request,
                                    admin::v1::Node* response) override;
  grpc::ServerWriteReactor<admin::v1::WaitProgress>* WaitForRevision(
      grpc::CallbackServerContext* context,
      const admin::v1::WaitForRevisionRequest* request) override;
  grpc::ServerUnaryReactor* AcceptDivergence(
      grpc::CallbackServerContext* context, const admin::v1::AcceptDivergenceRequest* request,
      admin::v1::AcceptDivergenceResponse* response) override;

 private:
  absl::StatusOr<admin::v1::ListNodesResponse> List();
  absl::StatusOr<admin::v1::Node> Get(const std::string& id);
  absl::StatusOr<admin::v1::AcceptDivergenceResponse> Accept(
      const ops::Caller& caller, const admin::v1::AcceptDivergenceRequest& request);

  RpcDesk& desk_;
  ops::HistoryOps& ops_;
  publish::WatchHub& hub_;
  publish::NodeRegistry& nodes_;
};

}  // namespace sluice::service
