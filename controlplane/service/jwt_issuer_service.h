// Token issuers: from the wire to the use cases and back. Thread-safe.
#pragma once

#include "controlplane/ops/jwt_issuer_ops.h"
#include "controlplane/service/rpc_desk.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::service {

class JwtIssuerService final : public admin::v1::JwtIssuerService::CallbackService {
 public:
  JwtIssuerService(RpcDesk& desk, ops::JwtIssuerOps& ops) : desk_(desk), ops_(ops) {}

  grpc::ServerUnaryReactor* ListJwtIssuers(grpc::CallbackServerContext* context,
                                           const admin::v1::ListJwtIssuersRequest* request,
                                           admin::v1::ListJwtIssuersResponse* response) override;
  grpc::ServerUnaryReactor* GetJwtIssuer(grpc::CallbackServerContext* context,
                                         const admin::v1::GetJwtIssuerRequest* request,
                                         config::v1::JwtIssuer* response) override;
  grpc::ServerUnaryReactor* CreateJwtIssuer(grpc::CallbackServerContext* context,
                                            const admin::v1::CreateJwtIssuerRequest* request,
                                            admin::v1::CreateJwtIssuerResponse* response) override;
  grpc::ServerUnaryReactor* UpdateJwtIssuer(grpc::CallbackServerContext* context,
                                            const admin::v1::UpdateJwtIssuerRequest* request,
                                            admin::v1::UpdateJwtIssuerResponse* response) override;
  grpc::ServerUnaryReactor* DeleteJwtIssuer(grpc::CallbackServerContext* context,
                                            const admin::v1::DeleteJwtIssuerRequest* request,
                                            admin::v1::DeleteJwtIssuerResponse* response) override;

 private:
  RpcDesk& desk_;
  ops::JwtIssuerOps& ops_;
};

}  // namespace sluice::service
