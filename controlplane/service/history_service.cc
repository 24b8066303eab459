#include "controlplane/service/history_service.h"

namespace sluice::service {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

ServerUnaryReactor* HistoryService::ListChanges(CallbackServerContext* context,
                                                const admin::v1::ListChangesRequest* request,
                                                admin::v1::ListChangesResponse* response) {
  return desk_.Answer(context, "/sluice.admin.v1.HistoryService/ListChanges", response,
                      [this, request](const ops::Caller&) { return ops_.ListChanges(*request); });
}

}  // namespace sluice::service
