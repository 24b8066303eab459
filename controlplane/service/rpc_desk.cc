#include "controlplane/service/rpc_desk.h"

#include <spdlog/spdlog.h>

#include <string>

#include "common/base/text.h"

namespace sluice::service {

absl::StatusOr<ops::Caller> RpcDesk::Admit(const grpc::CallbackServerContext& context,
                                           std::string_view method) const {
  auto principal = gate_.Admit(method, wire::TokenOf(context.client_metadata()));
  if (!principal.ok()) return principal.status();
  return ops::Caller{*std::move(principal), context.peer(),
                     std::string(method.substr(method.rfind('/') + 1))};
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
