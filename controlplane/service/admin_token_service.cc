#include "controlplane/service/admin_token_service.h"

namespace sluice::service {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

ServerUnaryReactor* AdminTokenService::ListAdminTokens(
    CallbackServerContext* context, const admin::v1::ListAdminTokensRequest*,
    admin::v1::ListAdminTokensResponse* response) {
  return desk_.Answer(context, "/sluice.admin.v1.AdminTokenService/ListAdminTokens", response,
                      [this](const ops::Caller&) { return ops_.List(); });
}

ServerUnaryReactor* AdminTokenService::CreateAdminToken(
    CallbackServerContext* context, const admin::v1::CreateAdminTokenRequest* request,
    admin::v1::CreateAdminTokenResponse* response) {
  return desk_.Answer(
      context, "/sluice.admin.v1.AdminTokenService/CreateAdminToken", response,
      [this, request](const ops::Caller& caller) { return ops_.Create(caller, *request); });
}

ServerUnaryReactor* AdminTokenService::RevokeAdminToken(
    CallbackServerContext* context, const admin::v1::RevokeAdminTokenRequest* request,
    admin::v1::RevokeAdminTokenResponse* response) {
  return desk_.Answer(
      context, "/sluice.admin.v1.AdminTokenService/RevokeAdminToken", response,
      [this, request](const ops::Caller& caller) { return ops_.Revoke(caller, *request); });
}

}  // namespace sluice::service
