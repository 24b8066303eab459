// A control plane's publishing over a real store, and streams that only remember what was written.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "controlplane/publish/node_registry.h"
#include "controlplane/publish/publisher.h"
#include "controlplane/publish/watch_hub.h"
#include "controlplane/sealing/sealer.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/controlplane/store/new_store.h"

namespace sluice::publish {

class StillClock : public base::Clock {
 public:
  absl::Time Now() const override { return now; }
  absl::Time now = store::kTestTime;
};

class FakeOutlet : public NodeOutlet {
 public:
  void Write(const EncodedMessage& message) override {
    EXPECT_FALSE(writing) << "two writes at once";
    writing = true;
    raw.push_back(message);
    messages.emplace_back();
    EXPECT_TRUE(messages.back().ParseFromString(std::string(message->Reveal())));
  }
  void Close(const absl::Status& status, bool write_outstanding) override {
    EXPECT_FALSE(closed.has_value()) << "closed twice";
    closed = status;
    cut = write_outstanding;
  }

  std::vector<fleet::v1::ControlMessage> messages;
  std::vector<EncodedMessage> raw;
  bool writing = false;
  std::optional<absl::Status> closed;
  bool cut = false;
};

// A node: its stream and its session.
struct FakeNode {
  FakeNode(WatchHub& hub, std::string name)
      : id(std::move(name)), session(hub.Open(outlet, "ipv4:1")) {}

  void Hello(const Head& has = {}, bool deltas = true) {
    fleet::v1::NodeMessage message;
    message.mutable_hello()->set_node_id(id);
    message.mutable_hello()->set_epoch(has.epoch);
    message.mutable_hello()->set_revision(has.revision);
    message.mutable_hello()->set_hash(has.hash);
    message.mutable_hello()->set_lineage(has.lineage);
    if (deltas) message.mutable_hello()->add_capabilities("delta");
    session->OnMessage(message);
  }
  // The transport took the message.
  void Taken() {
    ASSERT_TRUE(outlet.writing);
    outlet.writing = false;
    session->OnWriteDone();
  }
  void Ack(int64_t revision, const std::string& hash) {
    fleet::v1::NodeMessage message;
    message.mutable_ack()->set_revision(revision);
    message.mutable_ack()->set_hash(hash);
    session->OnMessage(message);
  }
  void AckLast() {
    ASSERT_FALSE(outlet.messages.empty());
    const fleet::v1::ControlMessage& last = outlet.messages.back();
    if (last.has_delta()) return Ack(last.delta().to(), last.delta().hash());
    Ack(last.snapshot().revision(), last.snapshot().hash());
  }
  // The message has arrived and is acknowledged.
  void TakenAndAcked() {
    Taken();
    AckLast();
  }
  void Resync(int64_t revision) {
    fleet::v1::NodeMessage message;
    message.mutable_resync()->set_revision(revision);
    session->OnMessage(message);
  }
  void Nack(int64_t revision, const std::string& reason) {
    fleet::v1::NodeMessage message;
    message.mutable_nack()->set_revision(revision);
    message.mutable_nack()->add_refusals()->set_reason(reason);
    session->OnMessage(message);
  }
  void Beat() {
    fleet::v1::NodeMessage message;
    message.mutable_heartbeat()->set_in_flight(3);
    message.mutable_heartbeat()->set_requests(9);
    message.mutable_heartbeat()->set_serving(fleet::v1::Heartbeat::LAST_KNOWN_GOOD);
    session->OnMessage(message);
  }
  const fleet::v1::Delta& last_delta() const { return outlet.messages.back().delta(); }
  const fleet::v1::Snapshot& last() const { return outlet.messages.back().snapshot(); }

  std::string id;
  FakeOutlet outlet;
  std::shared_ptr<Session> session;
};

class PublishFixture : public ::testing::Test {
 protected:
  PublishFixture()
      : store_(store::NewStore(folder_.File("s.db"))),
        sealer_(base::Secret(std::string(32, 'k'))),
        publisher_(*store_, sealer_, *store_->Epoch()),
        hub_(publisher_, registry_, clock_) {
    EXPECT_TRUE(publisher_.Refresh().ok());
  }

  // A write, published and rung.
  int64_t Write(const std::string& provider) {
    const auto committed = store::Commit(*store_, store::ProviderRow(provider));
    EXPECT_TRUE(committed.ok()) << committed.status();
    EXPECT_TRUE(publisher_.Refresh().ok());
    hub_.RingAll();
    return committed->revision;
  }

  test::TempFolder folder_;
  StillClock clock_;
  std::unique_ptr<store::Store> store_;
  sealing::Sealer sealer_;
  Publisher publisher_;
  NodeRegistry registry_;
  WatchHub hub_;
};

}  // namespace sluice::publish
