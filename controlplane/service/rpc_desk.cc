#include "controlplane/service/rpc_desk.h"

#include <spdlog/spdlog.h>

#include <optional>
#include <string>
#include <utility>

#include "common/base/text.h"
#include "common/wire/metadata.h"
#include "controlplane/service/presented.h"

namespace sluice::service {

namespace {

// "" if it is not there.
std::string MetadataOf(const grpc::CallbackServerContext& context, const char* name) {
  const auto found = context.client_metadata().find(name);
  if (found == context.client_metadata().end()) return "";
  return {found->second.data(), found->second.size()};
}

std::optional<ops::CanaryRequest> CanaryOf(const grpc::CallbackServerContext& context) {
  std::string selector = MetadataOf(context, wire::kCanaryMetadata);
  if (selector.empty()) return std::nullopt;
  return ops::CanaryRequest{std::move(selector),
                            MetadataOf(context, wire::kCanaryMaxErrorsMetadata)};
}

}  // namespace

absl::StatusOr<ops::Caller> RpcDesk::Admit(const grpc::CallbackServerContext& context,
                                           std::string_view method) const {
  auto principal = gate_.Admit(method, PresentedBy(context).facts());
  if (!principal.ok()) {
    denials_.Say(method, context.peer(), principal.status());
    return principal.status();
  }
  return ops::Caller{*std::move(principal), context.peer(),
                     std::string(method.substr(method.rfind('/') + 1)), CanaryOf(context)};
}

absl::Status RpcDesk::Overloaded() {
  return absl::ResourceExhaustedError("the control plane has too many calls waiting: try again");
}

absl::Status RpcDesk::Unexpected(std::string_view method) {
  spdlog::error("{} failed by an unexpected exception", method);
  return absl::InternalError(base::Cat(method, " failed unexpectedly"));
}

void RpcDesk::Finish(grpc::ServerUnaryReactor* reactor, std::string_view method,
                     const absl::Status& status) {
  const grpc::Status answer = wire::ToGrpcStatus(status);
  Count(method, answer);
  reactor->Finish(answer);
}

}  // namespace sluice::service
