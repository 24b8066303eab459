#include "controlplane/service/client_key_service.h"

#include "controlplane/store/timestamp.h"

namespace sluice::service {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

absl::StatusOr<admin::v1::ListClientKeysResponse> ClientKeyService::List(
    const admin::v1::ListClientKeysRequest& request) {
  auto response = ops_.List(request);
  if (!response.ok()) return response;
  auto uses = uses_.LastUses();
  if (!uses.ok()) return uses.status();
  for (const config::v1::ClientKey& key : response->client_keys()) {
    const auto used = uses->find(key.id());
    if (used == uses->end()) continue;
    (*response->mutable_last_used_at())[key.id()] = store::ToTimestamp(used->second);
  }
  return response;
}

ServerUnaryReactor* ClientKeyService::ListClientKeys(
    CallbackServerContext* context, const admin::v1::ListClientKeysRequest* request,
    admin::v1::ListClientKeysResponse* response) {
  return desk_.Answer(context, "/sluice.admin.v1.ClientKeyService/ListClientKeys", response,
                      [this, request](const ops::Caller&) { return List(*request); });
}

ServerUnaryReactor* ClientKeyService::GetClientKey(CallbackServerContext* context,
                                                   const admin::v1::GetClientKeyRequest* request,
                                                   config::v1::ClientKey* response) {
  return desk_.Answer(context, "/sluice.admin.v1.ClientKeyService/GetClientKey", response,
                      [this, request](const ops::Caller&) { return ops_.Get(*request); });
}

ServerUnaryReactor* ClientKeyService::CreateClientKey(
    CallbackServerContext* context, const admin::v1::CreateClientKeyRequest* request,
    admin::v1::CreateClientKeyResponse* response) {
  return desk_.Answer(
      context, "/sluice.admin.v1.ClientKeyService/CreateClientKey", response,
      [this, request](const ops::Caller& caller) { return ops_.Create(caller, *request); });
}

ServerUnaryReactor* ClientKeyService::UpdateClientKey(
    CallbackServerContext* context, const admin::v1::UpdateClientKeyRequest* request,
    admin::v1::UpdateClientKeyResponse* response) {
  return desk_.Answer(
      context, "/sluice.admin.v1.ClientKeyService/UpdateClientKey", response,
      [this, request](const ops::Caller& caller) { return ops_.Update(caller, *request); });
}

ServerUnaryReactor* ClientKeyService::RevokeClientKey(
    CallbackServerContext* context, const admin::v1::RevokeClientKeyRequest* request,
    admin::v1::RevokeClientKeyResponse* response) {
  return desk_.Answer(
      context, "/sluice.admin.v1.ClientKeyService/RevokeClientKey", response,
      [this, request](const ops::Caller& caller) { return ops_.Revoke(caller, *request); });
}

ServerUnaryReactor* ClientKeyService::RotateClientKey(
    CallbackServerContext* context, const admin::v1::RotateClientKeyRequest* request,
    admin::v1::CreateClientKeyResponse* response) {
  return desk_.Answer(
      context, "/sluice.admin.v1.ClientKeyService/RotateClientKey", response,
      [this, request](const ops::Caller& caller) { return ops_.Rotate(caller, *request); });
}

}  // namespace sluice::service
