#include "controlplane/service/client_key_service.h"

namespace sluice::service {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

ServerUnaryReactor* ClientKeyService::ListClientKeys(
    CallbackServerContext* context, const admin::v1::ListClientKeysRequest* request,
    admin::v1::ListClientKeysResponse* response) {
  return desk_.Answer(context, "/sluice.admin.v1.ClientKeyService/ListClientKeys", response,
                      [this, request](const ops::Caller&) { return ops_.List(*request); });
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
