#include "tests/bench/fleet/node_connection.h"

#include <utility>

#include "tests/bench/fleet/simulated_node.h"

namespace sluice::bench {

NodeConnection::NodeConnection(std::shared_ptr<SimulatedNode> node,
                               std::shared_ptr<grpc::Channel> channel,
                               const std::string& join_token)
    : node_(std::move(node)),
      channel_(std::move(channel)),
      stub_(fleet::v1::Fleet::NewStub(channel_)) {
  context_.AddMetadata("authorization", "Bearer " + join_token);
}

void NodeConnection::Start(fleet::v1::NodeMessage hello) {
  self_ = shared_from_this();
  stub_->async()->Connect(&context_, this);
  // Others than the library's reactions call StartWrite, until the end is seen.
  AddHold();
  StartRead(&incoming_);
  Send(std::move(hello));
  StartCall();
}

void NodeConnection::Send(fleet::v1::NodeMessage message) {
  absl::MutexLock lock(&mutex_);
  if (ended_) return;
  outbox_.push_back(std::move(message));
  if (!writing_) WriteNext();
}

void NodeConnection::WriteNext() {
  writing_ = true;
  StartWrite(&outbox_.front());
}

void NodeConnection::OnWriteDone(bool ok) {
  absl::MutexLock lock(&mutex_);
  writing_ = false;
  outbox_.pop_front();
  // After a failed write the read fails too, and that ends it.
  if (ok && !ended_ && !outbox_.empty()) WriteNext();
}

void NodeConnection::OnReadDone(bool ok) {
  if (ok) {
    node_->OnMessage(*this, incoming_);
    return StartRead(&incoming_);
  }
  {
    absl::MutexLock lock(&mutex_);
    ended_ = true;
  }
  RemoveHold();
}

void NodeConnection::OnDone(const grpc::Status& status) {
  const std::shared_ptr<NodeConnection> self = std::move(self_);
  node_->OnEnded(status);
}

}  // namespace sluice::bench
