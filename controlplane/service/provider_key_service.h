// Provider keys: from the wire to the use cases and back. Thread-safe.
#pragma once

#include "controlplane/ops/provider_key_ops.h"
#include "controlplane/service/rpc_desk.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::service {

class ProviderKeyService final : public admin::v1::ProviderKeyService::CallbackService {
 public:
  ProviderKeyService(RpcDesk& desk, ops::ProviderKeyOps& ops) : desk_(desk), ops_(ops) {}

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

 private:
  RpcDesk& desk_;
  ops::ProviderKeyOps& ops_;
};

}  // namespace sluice::service
