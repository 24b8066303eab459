// The nodes, and waiting until they have a revision. Thread-safe.
#pragma once

#include "controlplane/access/node_gate.h"
#include "controlplane/ops/enrolment_ops.h"
#include "controlplane/ops/history_ops.h"
#include "controlplane/ops/seed_ops.h"
#include "controlplane/publish/node_registry.h"
#include "controlplane/publish/watch_hub.h"
#include "controlplane/service/node_roster.h"
#include "controlplane/service/rpc_desk.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::service {

class NodeService final : public admin::v1::NodeService::CallbackService {
 public:
  NodeService(RpcDesk& desk, ops::HistoryOps& ops, publish::WatchHub& hub,
              ops::EnrolmentOps& enrolment, const access::NodeGate& gate, NodeRoster& roster,
              ops::SeedOps& seeds)
      : desk_(desk),
        ops_(ops),
        hub_(hub),
        nodes_(hub.registry()),
        enrolment_(enrolment),
        gate_(gate),
        roster_(roster),
        seeds_(seeds) {}

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
  grpc::ServerUnaryReactor* DrainNode(grpc::CallbackServerContext* context,
                                      const admin::v1::DrainNodeRequest* request,
                                      admin::v1::DrainNodeResponse* response) override;
  grpc::ServerUnaryReactor* ExpelNode(grpc::CallbackServerContext* context,
                                      const admin::v1::ExpelNodeRequest* request,
                                      admin::v1::ExpelNodeResponse* response) override;
  grpc::ServerUnaryReactor* CreateSeed(grpc::CallbackServerContext* context,
                                       const admin::v1::CreateSeedRequest* request,
                                       admin::v1::CreateSeedResponse* response) override;

 private:
  absl::StatusOr<admin::v1::ListNodesResponse> List();
  absl::StatusOr<admin::v1::Node> Get(const std::string& id);
  absl::StatusOr<admin::v1::AcceptDivergenceResponse> Accept(
      const ops::Caller& caller, const admin::v1::AcceptDivergenceRequest& request);
  absl::StatusOr<admin::v1::DrainNodeResponse> Drain(const ops::Caller& caller,
                                                     const admin::v1::DrainNodeRequest& request);
  absl::StatusOr<admin::v1::ExpelNodeResponse> Expel(const ops::Caller& caller,
                                                     const admin::v1::ExpelNodeRequest& request);
  // Fills in what the registry does not know: its certificate, and whether it was expelled.
  void AddIdentity(admin::v1::Node* node) const;

  RpcDesk& desk_;
  ops::HistoryOps& ops_;
  publish::WatchHub& hub_;
  publish::NodeRegistry& nodes_;
  ops::EnrolmentOps& enrolment_;
  const access::NodeGate& gate_;
  NodeRoster& roster_;
  ops::SeedOps& seeds_;
};

}  // namespace sluice::service
