// History: from the wire to the use cases and back. Thread-safe.
#pragma once

#include "controlplane/ops/history_ops.h"
#include "controlplane/ops/revision_ops.h"
#include "controlplane/service/rpc_desk.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::service {

class HistoryService final : public admin::v1::HistoryService::CallbackService {
 public:
  HistoryService(RpcDesk& desk, ops::HistoryOps& history, ops::RevisionOps& revisions)
      : desk_(desk), history_(history), revisions_(revisions) {}

  grpc::ServerUnaryReactor* ListChanges(grpc::CallbackServerContext* context,
                                        const admin::v1::ListChangesRequest* request,
                                        admin::v1::ListChangesResponse* response) override;
  grpc::ServerUnaryReactor* DiffRevisions(grpc::CallbackServerContext* context,
                                          const admin::v1::DiffRevisionsRequest* request,
                                          admin::v1::DiffRevisionsResponse* response) override;
  grpc::ServerUnaryReactor* Rollback(grpc::CallbackServerContext* context,
                                     const admin::v1::RollbackRequest* request,
                                     admin::v1::RollbackResponse* response) override;

 private:
  RpcDesk& desk_;
  ops::HistoryOps& history_;
  ops::RevisionOps& revisions_;
};

}  // namespace sluice::service
