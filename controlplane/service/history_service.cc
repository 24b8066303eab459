#include "controlplane/service/history_service.h"

namespace sluice::service {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

ServerUnaryReactor* HistoryService::ListChanges(CallbackServerContext* context,
                                                const admin::v1::ListChangesRequest* request,
                                                admin::v1::ListChangesResponse* response) {
  return desk_.Answer(
      context, "/sluice.admin.v1.HistoryService/ListChanges", response,
      [this, request](const ops::Caller&) { return history_.ListChanges(*request); });
}

ServerUnaryReactor* HistoryService::DiffRevisions(CallbackServerContext* context,
                                                  const admin::v1::DiffRevisionsRequest* request,
                                                  admin::v1::DiffRevisionsResponse* response) {
  return desk_.Answer(context, "/sluice.admin.v1.HistoryService/DiffRevisions", response,
                      [this, request](const ops::Caller&) { return revisions_.Diff(*request); });
}

ServerUnaryReactor* HistoryService::Rollback(CallbackServerContext* context,
                                             const admin::v1::RollbackRequest* request,
                                             admin::v1::RollbackResponse* response) {
  return desk_.Answer(
      context, "/sluice.admin.v1.HistoryService/Rollback", response,
      [this, request](const ops::Caller& caller) { return revisions_.Rollback(caller, *request); });
}

}  // namespace sluice::service
