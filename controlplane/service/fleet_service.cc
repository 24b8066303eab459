#include "controlplane/service/fleet_service.h"

#include <spdlog/spdlog.h>

#include "common/wire/channel.h"
#include "controlplane/service/fleet_stream.h"

namespace sluice::service {

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* FleetService::Connect(
    grpc::CallbackServerContext* context) {
  auto* stream = new FleetStream(*context, hub_);
  const auto admitted =
      gate_.Admit("/sluice.fleet.v1.Fleet/Connect", wire::TokenOf(context->client_metadata()));
  if (admitted.ok()) {
    stream->Start();
  } else {
    spdlog::warn("a node from {} is refused: {}", context->peer(),
                 std::string(admitted.status().message()));
    stream->Refuse(admitted.status());
  }
  return stream;
}

}  // namespace sluice::service
