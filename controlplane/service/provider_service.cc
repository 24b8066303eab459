#include "controlplane/service/provider_service.h"

namespace sluice::service {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

ServerUnaryReactor* ProviderService::ListPresets(CallbackServerContext* context,
                                                 const admin::v1::ListPresetsRequest*,
                                                 admin::v1::ListPresetsResponse* response) {
  return desk_.Answer(context, "/sluice.admin.v1.ProviderService/ListPresets", response,
                      [this](const ops::Caller&) -> absl::StatusOr<admin::v1::ListPresetsResponse> {
                        return ops_.ListPresets();
                      });
}

ServerUnaryReactor* ProviderService::ListProviders(CallbackServerContext* context,
                                                   const admin::v1::ListProvidersRequest*,
                                                   admin::v1::ListProvidersResponse* response) {
  return desk_.Answer(context, "/sluice.admin.v1.ProviderService/ListProviders", response,
                      [this](const ops::Caller&) { return ops_.List(); });
}

ServerUnaryReactor* ProviderService::GetProvider(CallbackServerContext* context,
                                                 const admin::v1::GetProviderRequest* request,
                                                 config::v1::Provider* response) {
  return desk_.Answer(context, "/sluice.admin.v1.ProviderService/GetProvider", response,
                      [this, request](const ops::Caller&) { return ops_.Get(*request); });
}

ServerUnaryReactor* ProviderService::CreateProvider(CallbackServerContext* context,
                                                    const admin::v1::CreateProviderRequest* request,
                                                    admin::v1::CreateProviderResponse* response) {
  return desk_.Answer(
      context, "/sluice.admin.v1.ProviderService/CreateProvider", response,
      [this, request](const ops::Caller& caller) { return ops_.Create(caller, *request); });
}

ServerUnaryReactor* ProviderService::UpdateProvider(CallbackServerContext* context,
                                                    const admin::v1::UpdateProviderRequest* request,
                                                    admin::v1::UpdateProviderResponse* response) {
  return desk_.Answer(
      context, "/sluice.admin.v1.ProviderService/UpdateProvider", response,
      [this, request](const ops::Caller& caller) { return ops_.Update(caller, *request); });
}

ServerUnaryReactor* ProviderService::DeleteProvider(CallbackServerContext* context,
                                                    const admin::v1::DeleteProviderRequest* request,
                                                    admin::v1::DeleteProviderResponse* response) {
  return desk_.Answer(
      context, "/sluice.admin.v1.ProviderService/DeleteProvider", response,
      [this, request](const ops::Caller& caller) { return ops_.Delete(caller, *request); });
}

}  // namespace sluice::service
