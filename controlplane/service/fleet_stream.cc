#include "controlplane/service/fleet_stream.h"

#include <spdlog/spdlog.h>

#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "common/wire/channel.h"
#include "controlplane/publish/node_message_check.h"
#include "controlplane/service/rpc_desk.h"
#include "controlplane/service/rpc_order.h"
#include "sluice/fleet/v1/fleet.pb.h"

namespace sluice::service {
namespace {

// The slice shares the bytes: they are let go of when the transport has sent them.
grpc::Slice SharedSlice(const publish::EncodedMessage& message) {
  const std::string_view bytes = message->Reveal();
  auto* owner = new publish::EncodedMessage(message);
  return grpc::Slice(
      const_cast<char*>(bytes.data()), bytes.size(),
      [](void* shared) { delete static_cast<publish::EncodedMessage*>(shared); }, owner);
}

std::string TextOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string text;
  if (!buffer.Dump(&slices).ok()) return text;
  for (const grpc::Slice& slice : slices) {
    text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return text;
}

}  // namespace

void FleetStream::Start(access::Principal principal) {
  principal_ = std::move(principal);
  BeforeOperation(this);
  session_ = hub_.Open(*this, context_.peer());
  if (session_ == nullptr) {
    return FinishOnce(absl::UnavailableError("the control plane is stopping"));
  }
  roster_.Enter(session_, principal_);
  BeforeOperation(this);
  StartRead(&incoming_);
}

void FleetStream::Refuse(const absl::Status& status) {
  hub_.counters().refused_connections.fetch_add(1, std::memory_order_relaxed);
  FinishOnce(status);
}

void FleetStream::Write(const publish::EncodedMessage& message) {
  absl::MutexLock lock(&mutex_);
  if (finished_) return;
  const grpc::Slice slice = SharedSlice(message);
  outgoing_ = grpc::ByteBuffer(&slice, 1);
  BeforeOperation(this);
  StartWrite(&outgoing_);
}

void FleetStream::Close(const absl::Status& status, bool write_outstanding) {
  // Behind a message that the node does not take, the status would wait for ever.
  if (write_outstanding) context_.TryCancel();
  FinishOnce(status);
}

void FleetStream::FinishOnce(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  if (std::exchange(finished_, true)) return;
  BeforeOperation(this);
  Finish(wire::ToGrpcStatus(status));
}

absl::Status FleetStream::CheckSize(size_t most) const {
  if (incoming_.Length() <= most) return absl::OkStatus();
  return absl::ResourceExhaustedError(base::Cat("a message of the node has ", incoming_.Length(),
                                                " bytes, but may have at most ", most));
}

absl::Status FleetStream::Deliver() {
  absl::Status size = CheckSize(publish::kMaxUsageMessageBytes);
  if (!size.ok()) return size;
  fleet::v1::NodeMessage message;
  if (!message.ParseFromString(TextOf(incoming_))) {
    return absl::InvalidArgumentError("the node sent bytes that are no NodeMessage");
  }
  if (!message.has_usage_batch()) size = CheckSize(publish::kMaxNodeMessageBytes);
  if (!size.ok()) return size;
  if (message.has_hello()) {
    const absl::Status status = CheckNode(message.hello().node_id());
    if (!status.ok()) return status;
  }
  session_->OnMessage(message);
  return absl::OkStatus();
}

absl::Status FleetStream::CheckNode(const std::string& node) {
  roster_.Name(session_, node);
  absl::Status status = gate_.CheckNode(principal_, node);
  if (!status.ok()) {
    spdlog::warn("a node from {} is refused: {}", context_.peer(), std::string(status.message()));
  }
  return status;
}

void FleetStream::OnReadDone(bool ok) {
  AfterOperation(this);
  if (!ok) return FinishOnce(absl::OkStatus());
  absl::Status status;
  try {
    status = Deliver();
  } catch (const std::exception&) {
    status = RpcDesk::Unexpected("Connect");
  }
  incoming_.Clear();
  if (!status.ok()) {
    hub_.counters().refused_connections.fetch_add(1, std::memory_order_relaxed);
    return session_->Refuse(status);
  }
  absl::MutexLock lock(&mutex_);
  if (finished_) return;
  BeforeOperation(this);
  StartRead(&incoming_);
}

void FleetStream::OnWriteDone(bool ok) {
  AfterOperation(this);
  if (!ok) return FinishOnce(absl::CancelledError("the node has left"));
  session_->OnWriteDone();
}

void FleetStream::OnCancel() {
  AfterOperation(this);
  FinishOnce(absl::CancelledError("the node has left"));
}

void FleetStream::OnDone() {
  AfterOperation(this);
  if (session_ != nullptr) {
    roster_.Leave(session_);
    hub_.Leave(session_);
  }
  {
    // Lets whoever called Finish leave the lock.
    absl::MutexLock lock(&mutex_);
  }
  delete this;
}

}  // namespace sluice::service
