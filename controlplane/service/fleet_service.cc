#include "controlplane/service/fleet_service.h"

#include <spdlog/spdlog.h>

#include <string>
#include <utility>

#include "controlplane/service/fleet_stream.h"
#include "controlplane/service/presented.h"

namespace sluice::service {
namespace {

// A node that tries in vain is the operator's business on this side too.
template <typename Response>
absl::StatusOr<Response> Told(const ops::Caller& caller, absl::StatusOr<Response> result) {
  if (!result.ok()) {
    spdlog::warn("{} from {} is refused: {}", caller.rpc, caller.peer,
                 std::string(result.status().message()));
  }
  return result;
}

}  // namespace

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* FleetService::Connect(
    grpc::CallbackServerContext* context) {
  auto* stream = new FleetStream(*context, hub_, gate_, roster_);
  auto admitted = gate_.Admit("/sluice.fleet.v1.Fleet/Connect", PresentedBy(*context).facts());
  if (admitted.ok()) {
    stream->Start(*std::move(admitted));
  } else {
    spdlog::warn("a node from {} is refused: {}", context->peer(),
                 std::string(admitted.status().message()));
    stream->Refuse(admitted.status());
  }
  return stream;
}

grpc::ServerUnaryReactor* FleetService::Join(grpc::CallbackServerContext* context,
                                             const fleet::v1::JoinRequest* request,
                                             fleet::v1::JoinResponse* response) {
  return desk_.Answer(context, "/sluice.fleet.v1.Fleet/Join", response,
                      [this, request](const ops::Caller& caller) {
                        return Told(caller, enrolment_.Join(caller, *request));
                      });
}

grpc::ServerUnaryReactor* FleetService::Renew(grpc::CallbackServerContext* context,
                                              const fleet::v1::RenewRequest* request,
                                              fleet::v1::JoinResponse* response) {
  return desk_.Answer(context, "/sluice.fleet.v1.Fleet/Renew", response,
                      [this, request](const ops::Caller& caller) {
                        return Told(caller, enrolment_.Renew(caller, *request));
                      });
}

}  // namespace sluice::service
