#include "controlplane/service/usage_service.h"

#include "common/base/text.h"
#include "controlplane/service/tail_stream.h"

namespace sluice::service {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

ServerUnaryReactor* UsageService::QueryUsage(CallbackServerContext* context,
                                             const admin::v1::QueryUsageRequest* request,
                                             admin::v1::QueryUsageResponse* response) {
  return desk_.Answer(context, "/sluice.admin.v1.UsageService/QueryUsage", response,
                      [this, request](const ops::Caller&) { return ops_.Query(*request); });
}

ServerUnaryReactor* UsageService::ListUsageRecords(
    CallbackServerContext* context, const admin::v1::ListUsageRecordsRequest* request,
    admin::v1::ListUsageRecordsResponse* response) {
  return desk_.Answer(context, "/sluice.admin.v1.UsageService/ListUsageRecords", response,
                      [this, request](const ops::Caller&) { return ops_.List(*request); });
}

ServerUnaryReactor* UsageService::ListBudgets(CallbackServerContext* context,
                                              const admin::v1::ListBudgetsRequest*,
                                              admin::v1::ListBudgetsResponse* response) {
  return desk_.Answer(context, "/sluice.admin.v1.UsageService/ListBudgets", response,
                      [this](const ops::Caller&) { return budgets_.List(); });
}

absl::StatusOr<admin::v1::GetActivityResponse> UsageService::Activity(
    const admin::v1::GetActivityRequest& request) {
  constexpr int kDefaultSeconds = 60;
  constexpr int kMostSeconds = publish::FleetActivity::kMostSeconds;
  const int seconds = request.seconds() == 0 ? kDefaultSeconds : request.seconds();
  if (seconds < 1 || seconds > kMostSeconds) {
    return absl::InvalidArgumentError(
        base::Cat("seconds: ", seconds, " is not 1 to ", kMostSeconds));
  }
  auto response = hub_.activity().Read(seconds, hub_.clock().Now());
  const absl::Status named = ops_.NameKeys(response.mutable_client_keys());
  if (!named.ok()) return named;
  return response;
}

ServerUnaryReactor* UsageService::GetActivity(CallbackServerContext* context,
                                              const admin::v1::GetActivityRequest* request,
                                              admin::v1::GetActivityResponse* response) {
  return desk_.Answer(context, "/sluice.admin.v1.UsageService/GetActivity", response,
                      [this, request](const ops::Caller&) { return Activity(*request); });
}

grpc::ServerWriteReactor<admin::v1::TailResponse>* UsageService::Tail(
    CallbackServerContext* context, const admin::v1::TailRequest* request) {
  auto* stream = new TailStream(desk_, ops_, hub_, *request);
  stream->Start(*context);
  return stream;
}

}  // namespace sluice::service
