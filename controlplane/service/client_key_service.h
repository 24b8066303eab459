// Client keys: from the wire to the use cases and back. Thread-safe.
#pragma once

#include "controlplane/ops/client_key_ops.h"
#include "controlplane/service/key_use_log.h"
#include "controlplane/service/rpc_desk.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::service {

class ClientKeyService final : public admin::v1::ClientKeyService::CallbackService {
 public:
  ClientKeyService(RpcDesk& desk, ops::ClientKeyOps& ops, KeyUseLog& uses)
      : desk_(desk), ops_(ops), uses_(uses) {}

  grpc::ServerUnaryReactor* ListClientKeys(grpc::CallbackServerContext* context,
                                           const admin::v1::ListClientKeysRequest* request,
                                           admin::v1::ListClientKeysResponse* response) override;
  grpc::ServerUnaryReactor* GetClientKey(grpc::CallbackServerContext* context,
                                         const admin::v1::GetClientKeyRequest* request,
                                         config::v1::ClientKey* response) override;
  grpc::ServerUnaryReactor* CreateClientKey(grpc::CallbackServerContext* context,
                                            const admin::v1::CreateClientKeyRequest* request,
                                            admin::v1::CreateClientKeyResponse* response) override;
  grpc::ServerUnaryReactor* UpdateClientKey(grpc::CallbackServerContext* context,
                                            const admin::v1::UpdateClientKeyRequest* request,
                                            admin::v1::UpdateClientKeyResponse* response) override;
  grpc::ServerUnaryReactor* RevokeClientKey(grpc::CallbackServerContext* context,
                                            const admin::v1::RevokeClientKeyRequest* request,
                                            admin::v1::RevokeClientKeyResponse* response) override;
  grpc::ServerUnaryReactor* RotateClientKey(grpc::CallbackServerContext* context,
                                            const admin::v1::RotateClientKeyRequest* request,
                                            admin::v1::CreateClientKeyResponse* response) override;

 private:
  absl::StatusOr<admin::v1::ListClientKeysResponse> List(
      const admin::v1::ListClientKeysRequest& request);

  RpcDesk& desk_;
  ops::ClientKeyOps& ops_;
  KeyUseLog& uses_;
};

}  // namespace sluice::service
