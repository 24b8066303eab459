#include "controlplane/service/provider_key_service.h"

#include <string>
#include <utility>

#include "common/base/secret.h"

namespace sluice::service {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

namespace {

// The library keeps a request until its call is over; the secret in it is not needed that long. The
// message was not made const, it is only handed over so.
template <typename Request>
void WipeSecret(const Request* request) {
  std::string* secret = const_cast<Request*>(request)->mutable_secret();
  base::Wipe(secret->data(), secret->size());
}

}  // namespace

ServerUnaryReactor* ProviderKeyService::ListProviderKeys(
    CallbackServerContext* context, const admin::v1::ListProviderKeysRequest* request,
    admin::v1::ListProviderKeysResponse* response) {
  return desk_.Answer(context, "/sluice.admin.v1.ProviderKeyService/ListProviderKeys", response,
                      [this, request](const ops::Caller&) { return List(*request); });
}

absl::StatusOr<admin::v1::ListProviderKeysResponse> ProviderKeyService::List(
    const admin::v1::ListProviderKeysRequest& request) {
  auto response = ops_.List(request);
  if (!response.ok()) return response;
  const absl::Time now = hub_.clock().Now();
  for (const config::v1::ProviderKey& key : response->provider_keys()) {
    admin::v1::ProviderKeyHealth health;
    if (hub_.key_health().Describe(key, now, &health)) {
      (*response->mutable_health())[key.id()] = std::move(health);
    }
  }
  return response;
}

ServerUnaryReactor* ProviderKeyService::GetProviderKey(
    CallbackServerContext* context, const admin::v1::GetProviderKeyRequest* request,
    config::v1::ProviderKey* response) {
  return desk_.Answer(context, "/sluice.admin.v1.ProviderKeyService/GetProviderKey", response,
                      [this, request](const ops::Caller&) { return ops_.Get(*request); });
}

ServerUnaryReactor* ProviderKeyService::CreateProviderKey(
    CallbackServerContext* context, const admin::v1::CreateProviderKeyRequest* request,
    admin::v1::CreateProviderKeyResponse* response) {
  return desk_.Answer(context, "/sluice.admin.v1.ProviderKeyService/CreateProviderKey", response,
                      [this, request](const ops::Caller& caller) {
                        auto result = ops_.Create(caller, *request);
                        WipeSecret(request);
                        return result;
                      });
}

ServerUnaryReactor* ProviderKeyService::UpdateProviderKey(
    CallbackServerContext* context, const admin::v1::UpdateProviderKeyRequest* request,
    admin::v1::UpdateProviderKeyResponse* response) {
  return desk_.Answer(context, "/sluice.admin.v1.ProviderKeyService/UpdateProviderKey", response,
                      [this, request](const ops::Caller& caller) {
                        auto result = ops_.Update(caller, *request);
                        WipeSecret(request);
                        return result;
                      });
}

ServerUnaryReactor* ProviderKeyService::DeleteProviderKey(
    CallbackServerContext* context, const admin::v1::DeleteProviderKeyRequest* request,
    admin::v1::DeleteProviderKeyResponse* response) {
  return desk_.Answer(
      context, "/sluice.admin.v1.ProviderKeyService/DeleteProviderKey", response,
      [this, request](const ops::Caller& caller) { return ops_.Delete(caller, *request); });
}

ServerUnaryReactor* ProviderKeyService::RefreshProviderKeys(
    CallbackServerContext* context, const admin::v1::RefreshProviderKeysRequest* request,
    admin::v1::RefreshProviderKeysResponse* response) {
  return desk_.Answer(
      context, "/sluice.admin.v1.ProviderKeyService/RefreshProviderKeys", response,
      [this, request](const ops::Caller& caller) { return refresh_.Refresh(caller, *request); });
}

}  // namespace sluice::service
