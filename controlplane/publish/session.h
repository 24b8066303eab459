// One connection of a node: a bell and a cursor, never a queue.
//
// When the bell rings, nothing is being written and the node owes no answer, the session sends what
// the node lacks now; a burst of writes becomes one delta. At most one message is outstanding, so a
// node that reads slowly, or never, costs one piece of the shared image and nothing to the others.
//
// Thread-safe. Made by WatchHub::Open; lives until its stream has let go of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "controlplane/publish/configuration_image.h"
#include "controlplane/publish/publisher.h"
#include "sluice/fleet/v1/fleet.pb.h"

namespace sluice::publish {

class WatchHub;

// Where a session writes to: the stream. Called under the session's lock, one call at a time: it
// must return at once and not call the session.
class NodeOutlet {
 public:
  virtual ~NodeOutlet() = default;
  // Answered by OnWriteDone; until then there is no other Write.
  virtual void Write(const EncodedMessage& message) = 0;
  // The last call. With a write outstanding the stream is to be cut.
  virtual void Close(const absl::Status& status, bool write_outstanding) = 0;
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  // Times after which a connection is given up.
  static constexpr absl::Duration kHelloTime = absl::Seconds(10);
  static constexpr absl::Duration kWriteTime = absl::Seconds(30);
  static constexpr absl::Duration kSilenceTime = absl::Seconds(45);  // heartbeats come every 10 s
  // After which a node that was put off is to come again.
  static constexpr absl::Duration kRetryTime = absl::Seconds(1);

  Session(WatchHub& hub, NodeOutlet& outlet, std::string peer, uint64_t serial, absl::Time now);

  // Messages come one at a time, in order.
  void OnMessage(const fleet::v1::NodeMessage& message);
  void OnWriteDone();
  // No call of the outlet after this.
  void Detach();

  void Ring();
  // The node is to take the newest revision whatever it makes of it; it is sent once more.
  void Accept();
  // Into the load balancers' rotation, or out of it. Of several, the last.
  void Drain(bool on);
  // What the node sent is stored up to there. Nothing happens if it has left.
  void AckUsage(const std::string& segment, int64_t stored);
  // The answer to the report of budgets that it sent. Likewise.
  void GrantBudget(fleet::v1::BudgetGrant grant);
  // At once.
  void Close(const absl::Status& status);
  // For what the node has sent: it is told why, as soon as the message that is being written to it
  // has gone. What else it sends until then is passed over.
  void Refuse(const absl::Status& status);
  // Closes what was silent or stalled for too long.
  void Sweep(absl::Time now);

  const std::string& peer() const { return peer_; }
  uint64_t serial() const { return serial_; }
  // Empty before Hello.
  std::string node() const;

 private:
  void OnHello(const fleet::v1::Hello& hello);
  void Greet(const fleet::v1::Hello& hello, Publisher::Relation relation, const Head& node);
  void OnAck(const fleet::v1::Ack& ack);
  void OnNack(const fleet::v1::Nack& nack);
  void OnResync(const fleet::v1::Resync& resync);
  void OnHeartbeat(const fleet::v1::Heartbeat& beat);
  void OnUsageBatch(const fleet::v1::UsageBatch& batch);
  void OnBudgetReport(const fleet::v1::BudgetReport& report);
  void OnTailLines(const fleet::v1::TailLines& told);
  // What the node was offered, and now has answered. Null, and the stream is closed, if it answers
  // what it was not sent. What follows from the answer belongs under the same lock: a bell may send
  // the next update as soon as it is released.
  HeadPtr TakeAnswer(int64_t revision) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status OverdueStatus(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Pump() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void PumpConfiguration() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Part part() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsBehind() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SendUpdate() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SendImage(std::shared_ptr<const ConfigurationImage> image)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SendPiece() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // False if there is nothing to send.
  bool SendKeyHealth() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasAccounts() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return usage_ack_due_.has_value() || budget_grant_due_.has_value();
  }
  void SendAccounts() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SendUsageAck() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SendBudgetGrant() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // False if there is nothing to send.
  bool SendTailOrder() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SendAccept() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LeaveGate() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Write(const EncodedMessage& message) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CloseLocked(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  WatchHub& hub_;
  const std::string peer_;
  const uint64_t serial_;

  mutable absl::Mutex mutex_;
  NodeOutlet* outlet_ ABSL_GUARDED_BY(mutex_);  // null: closed or gone
  std::string node_ ABSL_GUARDED_BY(mutex_);
  Labels labels_ ABSL_GUARDED_BY(mutex_);
  bool greeted_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time last_heard_ ABSL_GUARDED_BY(mutex_);

  // The revision of this store's history that the node has; none: nothing of it.
  std::optional<int64_t> has_ ABSL_GUARDED_BY(mutex_);
  // That it serves, whatever its contents.
  int64_t served_ ABSL_GUARDED_BY(mutex_) = 0;
  bool takes_deltas_ ABSL_GUARDED_BY(mutex_) = false;
  bool takes_key_health_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t key_health_sent_ ABSL_GUARDED_BY(mutex_) = 0;  // up to this version
  bool forked_ ABSL_GUARDED_BY(mutex_) = false;
  // What it was sent last, or had from the start; null: nothing.
  HeadPtr offered_ ABSL_GUARDED_BY(mutex_);
  bool answer_due_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time offered_at_ ABSL_GUARDED_BY(mutex_);
  // The image being sent, from its piece `next_piece_` on; null: none.
  std::shared_ptr<const ConfigurationImage> sending_ ABSL_GUARDED_BY(mutex_);
  size_t next_piece_ ABSL_GUARDED_BY(mutex_) = 0;
  std::optional<size_t> gated_bytes_ ABSL_GUARDED_BY(mutex_);  // that the gate was entered with
  // The node has sent a batch and was not sent the answer yet.
  bool usage_open_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<fleet::v1::UsageAck> usage_ack_due_ ABSL_GUARDED_BY(mutex_);
  // Likewise of budgets.
  bool budget_open_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<fleet::v1::BudgetGrant> budget_grant_due_ ABSL_GUARDED_BY(mutex_);
  bool accounts_went_last_ ABSL_GUARDED_BY(mutex_) = false;  // of what was sent
  bool takes_tail_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t tail_version_ ABSL_GUARDED_BY(mutex_) = 0;  // of the orders, looked at last
  std::string tail_order_ ABSL_GUARDED_BY(mutex_);     // that the node has, serialised
  bool accept_due_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<bool> drain_due_ ABSL_GUARDED_BY(mutex_);
  // Whatever the node has, it is to get an image.
  bool image_due_ ABSL_GUARDED_BY(mutex_) = false;
  // Why the stream ends when the message that is being written has gone.
  std::optional<absl::Status> close_due_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time write_started_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::publish
