// One Connect stream of a simulated node: a queue of what goes out, and messages one at a time.
//
// Made, started, and then on the RPC library's threads; Send and Cancel are for any. Keeps itself
// alive until the call is over.
#pragma once

#include <grpcpp/grpcpp.h>

#include <deque>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "sluice/fleet/v1/fleet.grpc.pb.h"

namespace sluice::bench {

class SimulatedNode;

class NodeConnection final
    : public grpc::ClientBidiReactor<fleet::v1::NodeMessage, fleet::v1::ControlMessage>,
      public std::enable_shared_from_this<NodeConnection> {
 public:
  NodeConnection(std::shared_ptr<SimulatedNode> node, std::shared_ptr<grpc::Channel> channel,
                 const std::string& join_token);

  // Once. `hello` is the first message.
  void Start(fleet::v1::NodeMessage hello);
  // Dropped if the stream has ended.
  void Send(fleet::v1::NodeMessage message);
  void Cancel() { context_.TryCancel(); }

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

 private:
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::shared_ptr<SimulatedNode> node_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<fleet::v1::Fleet::Stub> stub_;
  grpc::ClientContext context_;
  fleet::v1::ControlMessage incoming_;
  std::shared_ptr<NodeConnection> self_;

  absl::Mutex mutex_;
  std::deque<fleet::v1::NodeMessage> outbox_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace sluice::bench
