// Join tokens: from the wire to the use cases and back. Thread-safe.
#pragma once

#include "controlplane/ops/join_token_ops.h"
#include "controlplane/service/rpc_desk.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::service {

class JoinTokenService final : public admin::v1::JoinTokenService::CallbackService {
 public:
  JoinTokenService(RpcDesk& desk, ops::JoinTokenOps& ops) : desk_(desk), ops_(ops) {}

  grpc::ServerUnaryReactor* ListJoinTokens(grpc::CallbackServerContext* context,
                                           const admin::v1::ListJoinTokensRequest* request,
                                           admin::v1::ListJoinTokensResponse* response) override;
  grpc::ServerUnaryReactor* CreateJoinToken(grpc::CallbackServerContext* context,
                                            const admin::v1::CreateJoinTokenRequest* request,
                                            admin::v1::CreateJoinTokenResponse* response) override;
  grpc::ServerUnaryReactor* RevokeJoinToken(grpc::CallbackServerContext* context,
                                            const admin::v1::RevokeJoinTokenRequest* request,
                                            admin::v1::RevokeJoinTokenResponse* response) override;

 private:
  RpcDesk& desk_;
  ops::JoinTokenOps& ops_;
};

}  // namespace sluice::service
