#include "controlplane/service/join_token_service.h"

namespace sluice::service {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

ServerUnaryReactor* JoinTokenService::ListJoinTokens(CallbackServerContext* context,
                                                     const admin::v1::ListJoinTokensRequest*,
                                                     admin::v1::ListJoinTokensResponse* response) {
  return desk_.Answer(context, "/sluice.admin.v1.JoinTokenService/ListJoinTokens", response,
                      [this](const ops::Caller&) { return ops_.List(); });
}

ServerUnaryReactor* JoinTokenService::CreateJoinToken(
    CallbackServerContext* context, const admin::v1::CreateJoinTokenRequest* request,
    admin::v1::CreateJoinTokenResponse* response) {
  return desk_.Answer(
      context, "/sluice.admin.v1.JoinTokenService/CreateJoinToken", response,
      [this, request](const ops::Caller& caller) { return ops_.Create(caller, *request); });
}

ServerUnaryReactor* JoinTokenService::RevokeJoinToken(
    CallbackServerContext* context, const admin::v1::RevokeJoinTokenRequest* request,
    admin::v1::RevokeJoinTokenResponse* response) {
  return desk_.Answer(
      context, "/sluice.admin.v1.JoinTokenService/RevokeJoinToken", response,
      [this, request](const ops::Caller& caller) { return ops_.Revoke(caller, *request); });
}

}  // namespace sluice::service
