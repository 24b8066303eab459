#include "controlplane/publish/session.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "absl/strings/str_join.h"
#include "common/base/text.h"
#include "controlplane/publish/node_message_check.h"
#include "controlplane/publish/watch_hub.h"

namespace sluice::publish {
namespace {

using fleet::v1::NodeMessage;

}  // namespace

Session::Session(WatchHub& hub, NodeOutlet& outlet, std::string peer, uint64_t serial,
                 absl::Time now)
    : hub_(hub), peer_(std::move(peer)), serial_(serial), outlet_(&outlet), last_heard_(now) {}

std::string Session::node() const {
  absl::MutexLock lock(&mutex_);
  return node_;
}

void Session::OnMessage(const NodeMessage& message) {
  bool greeted = false;
  {
    absl::MutexLock lock(&mutex_);
    if (outlet_ == nullptr) return;
    last_heard_ = hub_.clock().Now();
    greeted = greeted_;
  }
  if (message.has_hello() == greeted) {
    hub_.counters().refused_connections.fetch_add(1, std::memory_order_relaxed);
    Close(absl::InvalidArgumentError(greeted ? "the node sent a second Hello"
                                             : "the node's first message is not a Hello"));
    return;
  }
  switch (message.message_case()) {
    case NodeMessage::kHello:
      return OnHello(message.hello());
    case NodeMessage::kAck:
      return OnAck(message.ack());
    case NodeMessage::kNack:
      return OnNack(message.nack());
    case NodeMessage::kHeartbeat:
      return hub_.registry().Beat(node(), serial_, message.heartbeat(), hub_.clock().Now());
    case NodeMessage::MESSAGE_NOT_SET:
      return;  // of a newer node: not for us
  }
}

bool Session::IsCurrent(const fleet::v1::Hello& hello, const ConfigurationImage& image) const {
  return hello.epoch() == image.epoch() && hello.revision() == image.revision() &&
         hello.hash() == image.hash();
}

void Session::OnHello(const fleet::v1::Hello& hello) {
  absl::Status status = CheckHello(hello);
  const auto image = hub_.publisher().Current();
  const bool current = image != nullptr && IsCurrent(hello, *image);
  const bool same_store = image != nullptr && hello.epoch() == image->epoch();
  // At the newest revision with other bytes it does not have that revision.
  const bool has_revision = current || (same_store && hello.revision() < image->revision());
  if (status.ok()) {
    absl::MutexLock lock(&mutex_);
    node_ = hello.node_id();
  }
  if (status.ok()) {
    status = hub_.Enter(shared_from_this(), hello, has_revision ? hello.revision() : 0);
  }
  if (!status.ok()) {
    hub_.counters().refused_connections.fetch_add(1, std::memory_order_relaxed);
    return Close(status);
  }
  Greet(current ? image : nullptr);
  // It may be that somebody waits for this node, whose answer was lost with its last connection.
  if (current) hub_.registry().Ack(hello.node_id(), serial_, image->revision(), hub_.clock().Now());
}

void Session::Greet(const std::shared_ptr<const ConfigurationImage>& has) {
  absl::MutexLock lock(&mutex_);
  greeted_ = true;
  if (has == nullptr || outlet_ == nullptr) return Pump();
  cursor_ = has->revision();
  cursor_hash_ = has->hash();
  hub_.counters().up_to_date_sent.fetch_add(1, std::memory_order_relaxed);
  Write(EncodeUpToDate(has->revision()));
}

bool Session::WasSent(int64_t revision) {
  absl::MutexLock lock(&mutex_);
  if (revision >= 0 && revision <= cursor_) return true;
  CloseLocked(absl::InvalidArgumentError(
      base::Cat("the node answered revision ", revision, ", which it was not sent")));
  return false;
}

void Session::OnAck(const fleet::v1::Ack& ack) {
  if (!WasSent(ack.revision())) return;
  bool other_hash = false;
  {
    absl::MutexLock lock(&mutex_);
    other_hash = ack.revision() == cursor_ && ack.hash() != cursor_hash_;
  }
  const absl::Time now = hub_.clock().Now();
  if (other_hash) {
    hub_.counters().hash_mismatches.fetch_add(1, std::memory_order_relaxed);
    spdlog::warn("node {} acknowledged revision {} with the hash of another configuration", node(),
                 ack.revision());
    hub_.registry().Refuse(node(), serial_, ack.revision(),
                           {"the node acknowledged the hash of another configuration"}, now);
    return;
  }
  hub_.counters().acks.fetch_add(1, std::memory_order_relaxed);
  hub_.registry().Ack(node(), serial_, ack.revision(), now);
}

void Session::OnNack(const fleet::v1::Nack& nack) {
  if (!WasSent(nack.revision())) return;
  const std::vector<std::string> reasons = RefusalLines(nack);
  hub_.counters().nacks.fetch_add(1, std::memory_order_relaxed);
  spdlog::warn("node {} refuses revision {}: {}", node(), nack.revision(),
               absl::StrJoin(reasons, "; "));
  hub_.registry().Refuse(node(), serial_, nack.revision(), reasons, hub_.clock().Now());
}

void Session::OnWriteDone() {
  absl::MutexLock lock(&mutex_);
  writing_ = false;
  Pump();
}

void Session::Ring() {
  absl::MutexLock lock(&mutex_);
  Pump();
}

void Session::Accept() {
  absl::MutexLock lock(&mutex_);
  accept_due_ = true;
  Pump();
}

void Session::Pump() {
  if (outlet_ == nullptr || !greeted_ || writing_) return;
  if (sending_ == nullptr) {
    auto image = hub_.publisher().Current();
    if (image != nullptr && std::exchange(accept_due_, false)) {
      resend_due_ = true;
      return Write(EncodeAccept(*image));
    }
    if (image == nullptr || (image->revision() == cursor_ && !resend_due_)) return;
    resend_due_ = false;
    cursor_ = image->revision();
    cursor_hash_ = image->hash();
    sending_ = std::move(image);
    next_piece_ = 0;
    hub_.counters().snapshots_sent.fetch_add(1, std::memory_order_relaxed);
  }
  // A copy: the last piece lets go of the image.
  const EncodedMessage piece = sending_->pieces()[next_piece_++];
  if (next_piece_ == sending_->pieces().size()) sending_.reset();
  hub_.counters().snapshot_bytes_sent.fetch_add(piece->Reveal().size(), std::memory_order_relaxed);
  Write(piece);
}

void Session::Write(const EncodedMessage& message) {
  writing_ = true;
  write_started_ = hub_.clock().Now();
  outlet_->Write(message);
}

void Session::Detach() {
  absl::MutexLock lock(&mutex_);
  outlet_ = nullptr;
  sending_.reset();
}

void Session::Close(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  CloseLocked(status);
}

void Session::CloseLocked(const absl::Status& status) {
  if (outlet_ == nullptr) return;
  std::exchange(outlet_, nullptr)->Close(status, writing_);
  sending_.reset();
}

absl::Status Session::OverdueStatus(absl::Time now) {
  if (!greeted_ && now - last_heard_ > kHelloTime) {
    return absl::DeadlineExceededError("the node sent no Hello in time");
  }
  if (writing_ && now - write_started_ > kWriteTime) {
    return absl::DeadlineExceededError("the node takes no message");
  }
  if (now - last_heard_ > kSilenceTime) {
    return absl::DeadlineExceededError("the node sent no heartbeat in time");
  }
  return absl::OkStatus();
}

void Session::Sweep(absl::Time now) {
  absl::MutexLock lock(&mutex_);
  if (outlet_ == nullptr) return;
  const absl::Status overdue = OverdueStatus(now);
  if (overdue.ok()) return;
  hub_.counters().stalled_connections.fetch_add(1, std::memory_order_relaxed);
  spdlog::warn("connection of node {} from {} is closed: {}", node_.empty() ? "(unknown)" : node_,
               peer_, std::string(overdue.message()));
  CloseLocked(overdue);
}

}  // namespace sluice::publish
