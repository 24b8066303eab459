// Declarations: from the wire to the use cases and back. Thread-safe.
#pragma once

#include "controlplane/ops/declaration_ops.h"
#include "controlplane/service/rpc_desk.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::service {

class DeclarationService final : public admin::v1::DeclarationService::CallbackService {
 public:
  DeclarationService(RpcDesk& desk, ops::DeclarationOps& declarations)
      : desk_(desk), declarations_(declarations) {}

  grpc::ServerUnaryReactor* ExportConfiguration(
      grpc::CallbackServerContext* context, const admin::v1::ExportConfigurationRequest* request,
      admin::v1::ExportConfigurationResponse* response) override;
  grpc::ServerUnaryReactor* ApplyConfiguration(
      grpc::CallbackServerContext* context, const admin::v1::ApplyConfigurationRequest* request,
      admin::v1::ApplyConfigurationResponse* response) override;

 private:
  RpcDesk& desk_;
  ops::DeclarationOps& declarations_;
};

}  // namespace sluice::service
