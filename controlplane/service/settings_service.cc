#include "controlplane/service/settings_service.h"

namespace sluice::service {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

ServerUnaryReactor* SettingsService::GetSettings(CallbackServerContext* context,
                                                 const admin::v1::GetSettingsRequest*,
                                                 admin::v1::GetSettingsResponse* response) {
  return desk_.Answer(context, "/sluice.admin.v1.SettingsService/GetSettings", response,
                      [this](const ops::Caller&) { return ops_.Get(); });
}

ServerUnaryReactor* SettingsService::UpdateSettings(CallbackServerContext* context,
                                                    const admin::v1::UpdateSettingsRequest* request,
                                                    admin::v1::UpdateSettingsResponse* response) {
  return desk_.Answer(
      context, "/sluice.admin.v1.SettingsService/UpdateSettings", response,
      [this, request](const ops::Caller& caller) { return ops_.Update(caller, *request); });
}

}  // namespace sluice::service
