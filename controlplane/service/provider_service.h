// Providers: from the wire to the use cases and back. Thread-safe.
#pragma once

#include "controlplane/ops/provider_ops.h"
#include "controlplane/service/rpc_desk.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::service {

class ProviderService final : public admin::v1::ProviderService::CallbackService {
 public:
  ProviderService(RpcDesk& desk, ops::ProviderOps& ops) : desk_(desk), ops_(ops) {}

  grpc::ServerUnaryReactor* ListPresets(grpc::CallbackServerContext* context,
                                        const admin::v1::ListPresetsRequest* request,
                                        admin::v1::ListPresetsResponse* response) override;
  grpc::ServerUnaryReactor* ListProviders(grpc::CallbackServerContext* context,
                                          const admin::v1::ListProvidersRequest* request,
                                          admin::v1::ListProvidersResponse* response) override;
  grpc::ServerUnaryReactor* GetProvider(grpc::CallbackServerContext* context,
                                        const admin::v1::GetProviderRequest* request,
                                        config::v1::Provider* response) override;
  grpc::ServerUnaryReactor* CreateProvider(grpc::CallbackServerContext* context,
                                           const admin::v1::CreateProviderRequest* request,
                                           admin::v1::CreateProviderResponse* response) override;
  grpc::ServerUnaryReactor* UpdateProvider(grpc::CallbackServerContext* context,
                                           const admin::v1::UpdateProviderRequest* request,
                                           admin::v1::UpdateProviderResponse* response) override;
  grpc::ServerUnaryReactor* DeleteProvider(grpc::CallbackServerContext* context,
                                           const admin::v1::DeleteProviderRequest* request,
                                           admin::v1::DeleteProviderResponse* response) override;

 private:
  RpcDesk& desk_;
  ops::ProviderOps& ops_;
};

}  // namespace sluice::service
