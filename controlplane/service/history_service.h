// History: from the wire to the use cases and back. Thread-safe.
#pragma once

#include "controlplane/ops/history_ops.h"
#include "controlplane/service/rpc_desk.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::service {

class HistoryService final : public admin::v1::HistoryService::CallbackService {
 public:
  HistoryService(RpcDesk& desk, ops::HistoryOps& ops) : desk_(desk), ops_(ops) {}

  grpc::ServerUnaryReactor* ListChanges(grpc::CallbackServerContext* context,
                                        const admin::v1::ListChangesRequest* request,
                                        admin::v1::ListChangesResponse* response) override;

 private:
  RpcDesk& desk_;
  ops::HistoryOps& ops_;
};

}  // namespace sluice::service
