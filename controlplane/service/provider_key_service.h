// Provider keys: from the wire to the use cases and back. Thread-safe.
#pragma once

#include "controlplane/ops/provider_key_ops.h"
#include "controlplane/ops/provider_key_refresh.h"
#include "controlplane/publish/watch_hub.h"
#include "controlplane/service/rpc_desk.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::service {

class ProviderKeyService final : public admin::v1::ProviderKeyService::CallbackService {
 public:
  // `hub`: who knows how the keys do.
  ProviderKeyService(RpcDesk& desk, ops::ProviderKeyOps& ops, ops::ProviderKeyRefresh& refresh,
                     const publish::WatchHub& hub)
      : desk_(desk), ops_(ops), refresh_(refresh), hub_(hub) {}

  grpc::ServerUnaryReactor* ListProviderKeys(
      grpc::CallbackServerContext* context, const admin::v1::ListProviderKeysRequest* request,
      admin::v1::ListProviderKeysResponse* response) override;
  grpc::ServerUnaryReactor* GetProviderKey(grpc::CallbackServerContext* context,
                                           const admin::v1::GetProviderKeyRequest* request,
                                           config::v1::ProviderKey* response) override;
  grpc::ServerUnaryReactor* CreateProviderKey(
      grpc::CallbackServerContext* context, const admin::v1::CreateProviderKeyRequest* request,
      admin::v1::CreateProviderKeyResponse* response) override;
  grpc::ServerUnaryReactor* UpdateProviderKey(
      grpc::CallbackServerContext* context, const admin::v1::UpdateProviderKeyRequest* request,
      admin::v1::UpdateProviderKeyResponse* response) override;
  grpc::ServerUnaryReactor* DeleteProviderKey(
      grpc::CallbackServerContext* context, const admin::v1::DeleteProviderKeyRequest* request,
      admin::v1::DeleteProviderKeyResponse* response) override;
  grpc::ServerUnaryReactor* RefreshProviderKeys(
      grpc::CallbackServerContext* context, const admin::v1::RefreshProviderKeysRequest* request,
      admin::v1::RefreshProviderKeysResponse* response) override;

 private:
  absl::StatusOr<admin::v1::ListProviderKeysResponse> List(
      const admin::v1::ListProviderKeysRequest& request);

  RpcDesk& desk_;
  ops::ProviderKeyOps& ops_;
  ops::ProviderKeyRefresh& refresh_;
  const publish::WatchHub& hub_;
};

}  // namespace sluice::service
