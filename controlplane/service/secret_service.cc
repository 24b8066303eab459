#include "controlplane/service/secret_service.h"

#include "controlplane/service/rotation_stream.h"

namespace sluice::service {

grpc::ServerUnaryReactor* SecretService::GetSecretsStatus(
    grpc::CallbackServerContext* context, const admin::v1::GetSecretsStatusRequest*,
    admin::v1::GetSecretsStatusResponse* response) {
  return desk_.Answer(context, "/sluice.admin.v1.SecretService/GetSecretsStatus", response,
                      [this](const ops::Caller&) { return ops_.Status(); });
}

grpc::ServerWriteReactor<admin::v1::RotateMasterKeyProgress>* SecretService::RotateMasterKey(
    grpc::CallbackServerContext* context, const admin::v1::RotateMasterKeyRequest*) {
  auto* stream = new RotationStream(desk_, ops_);
  stream->Start(*context);
  return stream;
}

}  // namespace sluice::service
