// Settings: from the wire to the use cases and back. Thread-safe.
#pragma once

#include "controlplane/ops/settings_ops.h"
#include "controlplane/service/rpc_desk.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::service {

class SettingsService final : public admin::v1::SettingsService::CallbackService {
 public:
  SettingsService(RpcDesk& desk, ops::SettingsOps& ops) : desk_(desk), ops_(ops) {}

  grpc::ServerUnaryReactor* GetSettings(grpc::CallbackServerContext* context,
                                        const admin::v1::GetSettingsRequest* request,
                                        admin::v1::GetSettingsResponse* response) override;
  grpc::ServerUnaryReactor* UpdateSettings(grpc::CallbackServerContext* context,
                                           const admin::v1::UpdateSettingsRequest* request,
                                           admin::v1::UpdateSettingsResponse* response) override;

 private:
  RpcDesk& desk_;
  ops::SettingsOps& ops_;
};

}  // namespace sluice::service
