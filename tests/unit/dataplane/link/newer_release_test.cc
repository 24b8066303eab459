// What a control plane of a newer release sends: fields that this release does not know are no
// reason to refuse anything, count in the hash, and outlive a restart.
#include <gtest/gtest.h>

#include "common/wire/canonical.h"
#include "tests/unit/dataplane/link/control_link_fixture.h"

namespace sluice::link {
namespace {

using config::v1::Configuration;

constexpr int kUnknownField = 1000;

template <typename Message>
void SayMore(Message* message, const std::string& text) {
  message->GetReflection()->MutableUnknownFields(message)->AddLengthDelimited(kUnknownField, text);
}

class NewerReleaseTest : public ControlLinkTest {
 protected:
  NewerReleaseTest() {
    SayMore(now_.mutable_providers(0), "of a provider");
    SayMore(now_.mutable_client_keys(0)->mutable_key(), "of a key");
    SayMore(now_.mutable_settings(), "of the settings");
    now_.mutable_settings()->set_max_header_fields(99);
  }
  fleet::v1::ControlMessage Snapshot() {
    fleet::v1::ControlMessage message = test::SnapshotOf(test::BytesOf(now_), "e", 5)[0];
    SayMore(message.mutable_snapshot(), "of a piece");
    SayMore(&message, "of the envelope");
    return message;
  }
  fleet::v1::ControlMessage DeltaWithAKeyMore() {
    auto* key = test::AddClientKey(now_, "more", "more-key");
    SayMore(key, "of an entry");
    fleet::v1::ControlMessage message;
    auto* delta = message.mutable_delta();
    delta->set_from(5);
    delta->set_to(6);
    delta->set_hash(test::ResourcesOf(now_).Hash());
    delta->set_lineage(test::kLineage);
    auto* change = delta->add_changes();
    change->set_kind(config::v1::RESOURCE_KIND_CLIENT_KEY);
    change->set_id(key->key().id());
    change->set_resource(wire::SerializeCanonical(*key));
    SayMore(change, "of a change");
    SayMore(delta, "of a delta");
    return message;
  }

  Configuration now_ = test::SampleConfiguration();
};

TEST_F(NewerReleaseTest, WhatItAddsIsTakenHashedAndKeptOverARestart) {
  const std::string hash_of_snapshot = test::ResourcesOf(now_).Hash();
  EXPECT_NE(hash_of_snapshot, SampleHash());
  fleet::v1::ControlMessage nameless;
  SayMore(&nameless, "a message that has no name here");
  control_plane_.AnswerWith({{nameless, Snapshot()}});
  Start();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kAck)));
  EXPECT_EQ(Last(control_plane_.Inbox(), NodeMessage::kAck).ack().hash(), hash_of_snapshot);

  const fleet::v1::ControlMessage delta = DeltaWithAKeyMore();
  control_plane_.Push({nameless, delta});
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kAck, 2)));
  EXPECT_EQ(Last(control_plane_.Inbox(), NodeMessage::kAck).ack().hash(), delta.delta().hash());
  EXPECT_EQ(CountOf(control_plane_.Inbox(), NodeMessage::kNack), 0);
  EXPECT_EQ(CountOf(control_plane_.Inbox(), NodeMessage::kResync), 0);
  link_->Stop();

  auto reopened = config::LastKnownGood::Open(folder_.File("state"), clock_);
  ASSERT_TRUE(reopened.ok()) << reopened.status();
  config::SnapshotSlot slot;
  const auto held = config::ServeLastKnownGood(**reopened, live_state_, slot);
  ASSERT_TRUE(held.has_value());
  EXPECT_EQ(held->stamp.revision, 6);
  EXPECT_EQ(held->resources.Hash(), delta.delta().hash());
  EXPECT_EQ(held->resources.Serialize().Reveal(), test::BytesOf(now_)) << "nothing was dropped";
  EXPECT_NE(slot.Load()->FindClientKey(crypto::Sha256("more-key")), nullptr);
}

}  // namespace
}  // namespace sluice::link
