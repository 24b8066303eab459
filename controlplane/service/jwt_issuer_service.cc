#include "controlplane/service/jwt_issuer_service.h"

namespace sluice::service {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

ServerUnaryReactor* JwtIssuerService::ListJwtIssuers(CallbackServerContext* context,
                                                     const admin::v1::ListJwtIssuersRequest*,
                                                     admin::v1::ListJwtIssuersResponse* response) {
  return desk_.Answer(context, "/sluice.admin.v1.JwtIssuerService/ListJwtIssuers", response,
                      [this](const ops::Caller&) { return ops_.List(); });
}

ServerUnaryReactor* JwtIssuerService::GetJwtIssuer(CallbackServerContext* context,
                                                   const admin::v1::GetJwtIssuerRequest* request,
                                                   config::v1::JwtIssuer* response) {
  return desk_.Answer(context, "/sluice.admin.v1.JwtIssuerService/GetJwtIssuer", response,
                      [this, request](const ops::Caller&) { return ops_.Get(*request); });
}

ServerUnaryReactor* JwtIssuerService::CreateJwtIssuer(
    CallbackServerContext* context, const admin::v1::CreateJwtIssuerRequest* request,
    admin::v1::CreateJwtIssuerResponse* response) {
  return desk_.Answer(
      context, "/sluice.admin.v1.JwtIssuerService/CreateJwtIssuer", response,
      [this, request](const ops::Caller& caller) { return ops_.Create(caller, *request); });
}

ServerUnaryReactor* JwtIssuerService::UpdateJwtIssuer(
    CallbackServerContext* context, const admin::v1::UpdateJwtIssuerRequest* request,
    admin::v1::UpdateJwtIssuerResponse* response) {
  return desk_.Answer(
      context, "/sluice.admin.v1.JwtIssuerService/UpdateJwtIssuer", response,
      [this, request](const ops::Caller& caller) { return ops_.Update(caller, *request); });
}

ServerUnaryReactor* JwtIssuerService::DeleteJwtIssuer(
    CallbackServerContext* context, const admin::v1::DeleteJwtIssuerRequest* request,
    admin::v1::DeleteJwtIssuerResponse* response) {
  return desk_.Answer(
      context, "/sluice.admin.v1.JwtIssuerService/DeleteJwtIssuer", response,
      [this, request](const ops::Caller& caller) { return ops_.Delete(caller, *request); });
}

}  // namespace sluice::service
