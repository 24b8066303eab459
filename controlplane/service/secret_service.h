// Master keys and their rotation: from the wire to the use case and back. Thread-safe.
#pragma once

#include "controlplane/ops/secret_ops.h"
#include "controlplane/service/rpc_desk.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::service {

class SecretService final : public admin::v1::SecretService::CallbackService {
 public:
  SecretService(RpcDesk& desk, ops::SecretOps& ops) : desk_(desk), ops_(ops) {}

  grpc::ServerUnaryReactor* GetSecretsStatus(
      grpc::CallbackServerContext* context, const admin::v1::GetSecretsStatusRequest* request,
      admin::v1::GetSecretsStatusResponse* response) override;
  grpc::ServerWriteReactor<admin::v1::RotateMasterKeyProgress>* RotateMasterKey(
      grpc::CallbackServerContext* context,
      const admin::v1::RotateMasterKeyRequest* request) override;

 private:
  RpcDesk& desk_;
  ops::SecretOps& ops_;
};

}  // namespace sluice::service
