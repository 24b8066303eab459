// The door for data planes. Thread-safe.
#pragma once

#include <grpcpp/grpcpp.h>

#include "controlplane/access/access_gate.h"
#include "controlplane/ops/enrolment_ops.h"
#include "controlplane/publish/watch_hub.h"
#include "controlplane/service/node_roster.h"
#include "controlplane/service/rpc_desk.h"
#include "sluice/fleet/v1/fleet.grpc.pb.h"

namespace sluice::service {

class FleetService final
    : public fleet::v1::Fleet::WithRawCallbackMethod_Connect<
          fleet::v1::Fleet::WithCallbackMethod_Join<
              fleet::v1::Fleet::WithCallbackMethod_Renew<fleet::v1::Fleet::Service>>> {
 public:
  FleetService(RpcDesk& desk, const access::AccessGate& gate, publish::WatchHub& hub,
               NodeRoster& roster, ops::EnrolmentOps& enrolment)
      : desk_(desk), gate_(gate), hub_(hub), roster_(roster), enrolment_(enrolment) {}

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Connect(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* Join(grpc::CallbackServerContext* context,
                                 const fleet::v1::JoinRequest* request,
                                 fleet::v1::JoinResponse* response) override;
  grpc::ServerUnaryReactor* Renew(grpc::CallbackServerContext* context,
                                  const fleet::v1::RenewRequest* request,
                                  fleet::v1::JoinResponse* response) override;

 private:
  RpcDesk& desk_;
  const access::AccessGate& gate_;
  publish::WatchHub& hub_;
  NodeRoster& roster_;
  ops::EnrolmentOps& enrolment_;
};

}  // namespace sluice::service
