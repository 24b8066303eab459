// Admin tokens: from the wire to the use cases and back. Thread-safe.
#pragma once

#include "controlplane/ops/admin_token_ops.h"
#include "controlplane/service/rpc_desk.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::service {

class AdminTokenService final : public admin::v1::AdminTokenService::CallbackService {
 public:
  AdminTokenService(RpcDesk& desk, ops::AdminTokenOps& ops) : desk_(desk), ops_(ops) {}

  grpc::ServerUnaryReactor* ListAdminTokens(grpc::CallbackServerContext* context,
                                            const admin::v1::ListAdminTokensRequest* request,
                                            admin::v1::ListAdminTokensResponse* response) override;
  grpc::ServerUnaryReactor* CreateAdminToken(
      grpc::CallbackServerContext* context, const admin::v1::CreateAdminTokenRequest* request,
      admin::v1::CreateAdminTokenResponse* response) override;
  grpc::ServerUnaryReactor* RevokeAdminToken(
      grpc::CallbackServerContext* context, const admin::v1::RevokeAdminTokenRequest* request,
      admin::v1::RevokeAdminTokenResponse* response) override;

 private:
  RpcDesk& desk_;
  ops::AdminTokenOps& ops_;
};

}  // namespace sluice::service
