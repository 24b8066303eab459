#include "controlplane/service/rollout_service.h"

#include <spdlog/spdlog.h>

#include <string>

namespace sluice::service {
namespace {

using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

template <typename Response>
absl::StatusOr<Response> WithRevision(const absl::StatusOr<int64_t>& revision) {
  if (!revision.ok()) return revision.status();
  Response response;
  response.set_revision(*revision);
  return response;
}

}  // namespace

ServerUnaryReactor* RolloutService::GetRollout(CallbackServerContext* context,
                                               const admin::v1::GetRolloutRequest*,
                                               admin::v1::Rollout* response) {
  return desk_.Answer(context, "/sluice.admin.v1.RolloutService/GetRollout", response,
                      [this](const ops::Caller&) { return Get(); });
}

ServerUnaryReactor* RolloutService::PromoteRollout(CallbackServerContext* context,
                                                   const admin::v1::PromoteRolloutRequest*,
                                                   admin::v1::PromoteRolloutResponse* response) {
  return desk_.Answer(
      context, "/sluice.admin.v1.RolloutService/PromoteRollout", response,
      [this](const ops::Caller& caller) {
        return WithRevision<admin::v1::PromoteRolloutResponse>(ops_.Promote(caller));
      });
}

ServerUnaryReactor* RolloutService::AbortRollout(CallbackServerContext* context,
                                                 const admin::v1::AbortRolloutRequest* request,
                                                 admin::v1::AbortRolloutResponse* response) {
  return desk_.Answer(
      context, "/sluice.admin.v1.RolloutService/AbortRollout", response,
      [this, request](const ops::Caller& caller) {
        return WithRevision<admin::v1::AbortRolloutResponse>(ops_.Abort(caller, request->reason()));
      });
}

absl::StatusOr<admin::v1::Rollout> RolloutService::Get() {
  auto rollout = ops_.Get();
  const auto active = publisher_.ActiveRollout();
  if (!rollout.ok() || !active.has_value() || active->revision != rollout->revision()) {
    return rollout;
  }
  publish::RolloutWatch::Halves halves = watch_.Look(*active, nodes_.List());
  *rollout->mutable_canaries() = std::move(halves.canaries);
  *rollout->mutable_others() = std::move(halves.others);
  return rollout;
}

void RolloutService::Look() {
  const auto active = publisher_.ActiveRollout();
  if (!active.has_value()) return;
  const auto why = publish::RolloutWatch::WhyAbort(*active, watch_.Look(*active, nodes_.List()));
  if (!why.has_value()) return;
  spdlog::warn("the rollout of revision {} is aborted: {}", active->revision, *why);
  ops::Caller self;
  self.principal.name = "control plane";
  self.rpc = "AutomaticAbort";
  const auto aborted = ops_.Abort(self, why->substr(0, 1024));
  // Somebody may have ended it meanwhile.
  if (aborted.ok() || absl::IsFailedPrecondition(aborted.status())) return;
  spdlog::error("the rollout of revision {} cannot be aborted: {}", active->revision,
                std::string(aborted.status().message()));
}

}  // namespace sluice::service
