// The door for data planes. Thread-safe.
#pragma once

#include <grpcpp/grpcpp.h>

#include "controlplane/access/token_gate.h"
#include "controlplane/publish/watch_hub.h"
#include "sluice/fleet/v1/fleet.grpc.pb.h"

namespace sluice::service {

class FleetService final
    : public fleet::v1::Fleet::WithRawCallbackMethod_Connect<fleet::v1::Fleet::Service> {
 public:
  FleetService(const access::TokenGate& gate, publish::WatchHub& hub) : gate_(gate), hub_(hub) {}

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Connect(
      grpc::CallbackServerContext* context) override;

 private:
  const access::TokenGate& gate_;
  publish::WatchHub& hub_;
};

}  // namespace sluice::service
