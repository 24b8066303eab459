// Audit: from the wire to the use cases and back. Thread-safe.
#pragma once

#include "controlplane/ops/history_ops.h"
#include "controlplane/service/rpc_desk.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::service {

class AuditService final : public admin::v1::AuditService::CallbackService {
 public:
  AuditService(RpcDesk& desk, ops::HistoryOps& ops) : desk_(desk), ops_(ops) {}

  grpc::ServerUnaryReactor* ListAudit(grpc::CallbackServerContext* context,
                                      const admin::v1::ListAuditRequest* request,
                                      admin::v1::ListAuditResponse* response) override;
  grpc::ServerUnaryReactor* VerifyAudit(grpc::CallbackServerContext* context,
                                        const admin::v1::VerifyAuditRequest* request,
                                        admin::v1::VerifyAuditResponse* response) override;

 private:
  RpcDesk& desk_;
  ops::HistoryOps& ops_;
};

}  // namespace sluice::service
