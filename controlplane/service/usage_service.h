// Who used what, and what goes on now: from the wire to the use cases and back. Thread-safe.
#pragma once

#include "controlplane/ops/usage_ops.h"
#include "controlplane/publish/watch_hub.h"
#include "controlplane/service/budget_desk.h"
#include "controlplane/service/rpc_desk.h"
#include "sluice/admin/v1/admin.grpc.pb.h"

namespace sluice::service {

class UsageService final : public admin::v1::UsageService::CallbackService {
 public:
  UsageService(RpcDesk& desk, ops::UsageOps& ops, publish::WatchHub& hub, BudgetDesk& budgets)
      : desk_(desk), ops_(ops), hub_(hub), budgets_(budgets) {}

  grpc::ServerUnaryReactor* QueryUsage(grpc::CallbackServerContext* context,
                                       const admin::v1::QueryUsageRequest* request,
                                       admin::v1::QueryUsageResponse* response) override;
  grpc::ServerUnaryReactor* ListUsageRecords(
      grpc::CallbackServerContext* context, const admin::v1::ListUsageRecordsRequest* request,
      admin::v1::ListUsageRecordsResponse* response) override;
  grpc::ServerUnaryReactor* ListBudgets(grpc::CallbackServerContext* context,
                                        const admin::v1::ListBudgetsRequest* request,
                                        admin::v1::ListBudgetsResponse* response) override;
  grpc::ServerUnaryReactor* GetActivity(grpc::CallbackServerContext* context,
                                        const admin::v1::GetActivityRequest* request,
                                        admin::v1::GetActivityResponse* response) override;
  grpc::ServerWriteReactor<admin::v1::TailResponse>* Tail(
      grpc::CallbackServerContext* context, const admin::v1::TailRequest* request) override;

 private:
  absl::StatusOr<admin::v1::GetActivityResponse> Activity(
      const admin::v1::GetActivityRequest& request);

  RpcDesk& desk_;
  ops::UsageOps& ops_;
  publish::WatchHub& hub_;
  BudgetDesk& budgets_;
};

}  // namespace sluice::service
