#include "controlplane/service/declaration_service.h"

namespace sluice::service {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

ServerUnaryReactor* DeclarationService::ExportConfiguration(
    CallbackServerContext* context, const admin::v1::ExportConfigurationRequest*,
    admin::v1::ExportConfigurationResponse* response) {
  return desk_.Answer(context, "/sluice.admin.v1.DeclarationService/ExportConfiguration", response,
                      [this](const ops::Caller&) { return declarations_.Export(); });
}

ServerUnaryReactor* DeclarationService::ApplyConfiguration(
    CallbackServerContext* context, const admin::v1::ApplyConfigurationRequest* request,
    admin::v1::ApplyConfigurationResponse* response) {
  return desk_.Answer(
      context, "/sluice.admin.v1.DeclarationService/ApplyConfiguration", response,
      [this, request](const ops::Caller& caller) { return declarations_.Apply(caller, *request); });
}

}  // namespace sluice::service
