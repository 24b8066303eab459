#include "controlplane/publish/session.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_join.h"
#include "common/base/text.h"
#include "common/wire/capabilities.h"
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
    if (outlet_ == nullptr || close_due_.has_value()) return;
    last_heard_ = hub_.clock().Now();
    greeted = greeted_;
  }
  if (message.has_hello() == greeted) {
    hub_.counters().refused_connections.fetch_add(1, std::memory_order_relaxed);
    Refuse(absl::InvalidArgumentError(greeted ? "the node sent a second Hello"
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
    case NodeMessage::kResync:
      return OnResync(message.resync());
    case NodeMessage::kHeartbeat:
      return OnHeartbeat(message.heartbeat());
    case NodeMessage::kKeyHealth:
      if (hub_.key_health().Take(node(), message.key_health(), hub_.clock().Now())) hub_.RingAll();
      return;
    case NodeMessage::kUsageBatch:
      return OnUsageBatch(message.usage_batch());
    case NodeMessage::kTailLines:
      return OnTailLines(message.tail_lines());
    case NodeMessage::kBudgetReport:
      return OnBudgetReport(message.budget_report());
    case NodeMessage::MESSAGE_NOT_SET:
      return;  // of a newer node: not for us
  }
}

void Session::OnHeartbeat(const fleet::v1::Heartbeat& beat) {
  const absl::Time now = hub_.clock().Now();
  hub_.key_uses().Note(beat, now);
  hub_.registry().Beat(node(), serial_, beat, now);
}

void Session::OnHello(const fleet::v1::Hello& hello) {
  absl::Status status = CheckHello(hello);
  const Head node{hello.epoch(), hello.revision(), hello.hash(), hello.lineage()};
  auto relation = Publisher::Relation::kOther;
  if (status.ok()) {
    auto related =
        hub_.publisher().Relate(node, hub_.publisher().PartOf(hello.node_id(), hello.labels()));
    if (related.ok()) relation = *related;
    status = related.status();
  }
  const bool ours =
      relation == Publisher::Relation::kCurrent || relation == Publisher::Relation::kBehind;
  if (status.ok()) {
    absl::MutexLock lock(&mutex_);
    node_ = hello.node_id();
    labels_ = hello.labels();
  }
  if (status.ok()) status = hub_.Enter(shared_from_this(), hello, ours ? hello.revision() : 0);
  if (!status.ok()) {
    hub_.counters().refused_connections.fetch_add(1, std::memory_order_relaxed);
    return Close(status);
  }
  Greet(hello, relation, node);
  // It may be that somebody waits for this node, whose answer was lost with its last connection.
  if (relation == Publisher::Relation::kCurrent) {
    hub_.registry().Ack(hello.node_id(), serial_, hello.revision(), hub_.clock().Now());
  }
}

void Session::Greet(const fleet::v1::Hello& hello, Publisher::Relation relation, const Head& node) {
  const auto& capabilities = hello.capabilities();
  absl::MutexLock lock(&mutex_);
  greeted_ = true;
  const auto can = [&](std::string_view capability) {
    return std::find(capabilities.begin(), capabilities.end(), capability) != capabilities.end();
  };
  takes_deltas_ = can(wire::kCapabilityDelta);
  takes_key_health_ = can(wire::kCapabilityKeyHealth);
  // Number 0: reports are welcome.
  if (can(wire::kCapabilityBudget)) {
    budget_grant_due_.emplace();
    accounts_went_last_ = true;
  }
  takes_tail_ = can(wire::kCapabilityTail);
  forked_ = relation == Publisher::Relation::kForked;
  served_ = node.revision;
  if (relation == Publisher::Relation::kBehind) has_ = node.revision;
  if (relation != Publisher::Relation::kCurrent || outlet_ == nullptr) return Pump();
  has_ = node.revision;
  offered_ = std::make_shared<const Head>(node);
  hub_.counters().up_to_date_sent.fetch_add(1, std::memory_order_relaxed);
  Write(EncodeUpToDate(node.revision));
}

HeadPtr Session::TakeAnswer(int64_t revision) {
  if (answer_due_ && offered_->revision == revision) {
    answer_due_ = false;
    return offered_;
  }
  CloseLocked(absl::InvalidArgumentError(
      base::Cat("the node answered revision ", revision, ", which it was not sent")));
  return nullptr;
}

void Session::OnAck(const fleet::v1::Ack& ack) {
  bool same = false;
  {
    absl::MutexLock lock(&mutex_);
    const HeadPtr offered = TakeAnswer(ack.revision());
    if (offered == nullptr) return;
    served_ = offered->revision;
    same = ack.hash() == offered->hash;
    if (same) {
      hub_.counters().pushes.Add(hub_.clock().Now() - offered_at_);
      has_ = offered->revision;
      forked_ = false;
    } else {
      has_.reset();
    }
  }
  const absl::Time now = hub_.clock().Now();
  if (!same) {
    hub_.counters().hash_mismatches.fetch_add(1, std::memory_order_relaxed);
    spdlog::warn("node {} acknowledged revision {} with the hash of another configuration", node(),
                 ack.revision());
    hub_.registry().Refuse(node(), serial_, ack.revision(),
                           {"the node acknowledged the hash of another configuration"}, now);
  } else {
    hub_.counters().acks.fetch_add(1, std::memory_order_relaxed);
    hub_.registry().Ack(node(), serial_, ack.revision(), now);
  }
  Ring();
}

void Session::OnNack(const fleet::v1::Nack& nack) {
  {
    absl::MutexLock lock(&mutex_);
    if (TakeAnswer(nack.revision()) == nullptr) return;
  }
  const std::vector<std::string> reasons = RefusalLines(nack);
  hub_.counters().nacks.fetch_add(1, std::memory_order_relaxed);
  spdlog::warn("node {} refuses revision {}: {}", node(), nack.revision(),
               absl::StrJoin(reasons, "; "));
  hub_.registry().Refuse(node(), serial_, nack.revision(), reasons, hub_.clock().Now());
  Ring();
}

void Session::OnResync(const fleet::v1::Resync& resync) {
  {
    absl::MutexLock lock(&mutex_);
    if (TakeAnswer(resync.revision()) == nullptr) return;
    has_.reset();
    image_due_ = true;
  }
  hub_.counters().hash_mismatches.fetch_add(1, std::memory_order_relaxed);
  spdlog::warn("node {} asks for a snapshot instead of the delta to revision {}: {}", node(),
               resync.revision(), base::Escaped(resync.reason()));
  Ring();
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

void Session::Drain(bool on) {
  absl::MutexLock lock(&mutex_);
  drain_due_ = on;
  Pump();
}

void Session::Pump() {
  if (outlet_ == nullptr || !greeted_ || writing_) return;
  if (close_due_.has_value()) return CloseLocked(*close_due_);
  if (sending_ != nullptr) return SendPiece();
  LeaveGate();
  // By turns: neither accounts nor configuration wait for more than one message of the other.
  if (HasAccounts() && !accounts_went_last_) return SendAccounts();
  accounts_went_last_ = false;
  PumpConfiguration();
  if (HasAccounts() && !writing_ && outlet_ != nullptr) SendAccounts();
}

void Session::PumpConfiguration() {
  if (drain_due_.has_value()) return Write(EncodeDrain(*std::exchange(drain_due_, {})));
  if (accept_due_) return SendAccept();
  if (!answer_due_ && IsBehind()) return SendUpdate();
  while (takes_key_health_ && !writing_ && SendKeyHealth()) {
  }
  if (takes_tail_ && !writing_) SendTailOrder();
}

bool Session::SendKeyHealth() {
  if (hub_.key_health().version() == key_health_sent_) return false;
  auto news = hub_.key_health().Since(key_health_sent_, node_);
  key_health_sent_ = news.version;
  if (news.keys.keys().empty()) return true;
  fleet::v1::ControlMessage message;
  *message.mutable_key_health() = std::move(news.keys);
  Write(Encode(message));
  return true;
}

Part Session::part() const { return hub_.publisher().PartOf(node_, labels_); }

bool Session::IsBehind() const {
  const HeadPtr newest = hub_.publisher().Current(part());
  if (newest == nullptr) return false;
  return image_due_ || offered_ == nullptr || offered_->revision != newest->revision;
}

// The snapshot that it is for follows when this has gone.
void Session::SendAccept() {
  const auto update = hub_.publisher().UpdateFrom(std::nullopt, false, part());
  if (!update.ok()) return;
  accept_due_ = false;
  answer_due_ = false;
  image_due_ = true;
  Write(EncodeAccept(*update->head));
}

void Session::SendUpdate() {
  auto update =
      hub_.publisher().UpdateFrom(image_due_ ? std::nullopt : has_, takes_deltas_, part(), served_);
  if (!update.ok()) {
    spdlog::error("node {} cannot be sent the newest revision: {}", node_,
                  std::string(update.status().message()));
    return;  // Sweep tries again
  }
  if (update->image != nullptr) return SendImage(std::move(update->image));
  offered_ = update->head;
  answer_due_ = true;
  offered_at_ = hub_.clock().Now();
  hub_.counters().deltas_sent.fetch_add(1, std::memory_order_relaxed);
  hub_.counters().delta_bytes_sent.fetch_add(update->delta->Reveal().size(),
                                             std::memory_order_relaxed);
  Write(update->delta);
}

void Session::SendImage(std::shared_ptr<const ConfigurationImage> image) {
  if (!hub_.snapshot_gate().Enter(image->size())) {
    hub_.counters().put_off_connections.fetch_add(1, std::memory_order_relaxed);
    close_due_ = absl::UnavailableError("too many nodes are being sent a snapshot");
    return Write(EncodeRetryLater(absl::ToInt64Milliseconds(kRetryTime)));
  }
  gated_bytes_ = image->size();
  image_due_ = false;
  offered_ = image->head();
  answer_due_ = true;
  offered_at_ = hub_.clock().Now();
  sending_ = std::move(image);
  next_piece_ = 0;
  hub_.counters().snapshots_sent.fetch_add(1, std::memory_order_relaxed);
  SendPiece();
}

void Session::SendPiece() {
  // A copy: the last piece lets go of the image.
  EncodedMessage piece = sending_->pieces()[next_piece_++];
  if (forked_) piece = AsForked(piece);
  if (next_piece_ == sending_->pieces().size()) sending_.reset();
  hub_.counters().snapshot_bytes_sent.fetch_add(piece->Reveal().size(), std::memory_order_relaxed);
  Write(piece);
}

void Session::LeaveGate() {
  if (gated_bytes_.has_value()) hub_.snapshot_gate().Leave(*std::exchange(gated_bytes_, {}));
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
  LeaveGate();
}

void Session::Close(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  CloseLocked(status);
}

void Session::Refuse(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  if (!writing_) return CloseLocked(status);
  if (!close_due_.has_value()) close_due_ = status;
}

void Session::CloseLocked(const absl::Status& status) {
  if (outlet_ == nullptr) return;
  std::exchange(outlet_, nullptr)->Close(status, writing_);
  sending_.reset();
  LeaveGate();
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
  if (overdue.ok()) return Pump();
  hub_.counters().stalled_connections.fetch_add(1, std::memory_order_relaxed);
  spdlog::warn("connection of node {} from {} is closed: {}", node_.empty() ? "(unknown)" : node_,
               peer_, std::string(overdue.message()));
  CloseLocked(overdue);
}

}  // namespace sluice::publish
