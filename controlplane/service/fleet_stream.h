// One Connect call of a node: between the RPC library and the node's session.
//
// Messages pass as bytes, so that all streams share the encoded image. Deletes itself when the call
// is over. Locks: the session's, then this one's.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "controlplane/access/access_gate.h"
#include "controlplane/publish/watch_hub.h"
#include "controlplane/service/node_roster.h"
#include "sluice/fleet/v1/fleet.pb.h"

namespace sluice::service {

class FleetStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                          public publish::NodeOutlet {
 public:
  FleetStream(grpc::CallbackServerContext& context, publish::WatchHub& hub,
              const access::AccessGate& gate, NodeRoster& roster)
      : context_(context), hub_(hub), gate_(gate), roster_(roster) {}

  // Once, either of both.
  void Start(access::Principal principal);
  void Refuse(const absl::Status& status);

  void Write(const publish::EncodedMessage& message) override;
  void Close(const absl::Status& status, bool write_outstanding) override;

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  void FinishOnce(const absl::Status& status);
  absl::Status CheckSize(size_t most) const;
  // Hands what was read to the session, or says why it is no message of a node.
  absl::Status Deliver();
  // Whether the node is who it says.
  absl::Status CheckNode(const std::string& node);

  grpc::CallbackServerContext& context_;
  publish::WatchHub& hub_;
  const access::AccessGate& gate_;
  NodeRoster& roster_;
  access::Principal principal_;
  std::shared_ptr<publish::Session> session_;
  grpc::ByteBuffer incoming_;  // between StartRead and OnReadDone the library's

  absl::Mutex mutex_;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::ByteBuffer outgoing_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::service
