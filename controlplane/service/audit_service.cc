#include "controlplane/service/audit_service.h"

namespace sluice::service {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

ServerUnaryReactor* AuditService::ListAudit(CallbackServerContext* context,
                                            const admin::v1::ListAuditRequest* request,
                                            admin::v1::ListAuditResponse* response) {
  return desk_.Answer(context, "/sluice.admin.v1.AuditService/ListAudit", response,
                      [this, request](const ops::Caller&) { return ops_.ListAudit(*request); });
}

ServerUnaryReactor* AuditService::VerifyAudit(CallbackServerContext* context,
                                              const admin::v1::VerifyAuditRequest*,
                                              admin::v1::VerifyAuditResponse* response) {
  return desk_.Answer(context, "/sluice.admin.v1.AuditService/VerifyAudit", response,
                      [this](const ops::Caller&) { return ops_.VerifyAudit(); });
}

}  // namespace sluice::service
