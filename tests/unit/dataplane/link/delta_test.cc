// Deltas: what they make of a node's configuration, and what a node makes of bad ones.
#include <gmock/gmock.h>

#include <functional>

#include "common/wire/canonical.h"
#include "tests/unit/dataplane/link/control_link_fixture.h"

namespace sluice::link {
namespace {

using config::v1::Configuration;
using config::v1::RESOURCE_KIND_CLIENT_KEY;
using config::v1::RESOURCE_KIND_PROVIDER;
using config::v1::RESOURCE_KIND_PROVIDER_KEY;
using config::v1::RESOURCE_KIND_SETTINGS;
using config::v1::ResourceKind;
using ::testing::HasSubstr;

fleet::v1::ResourceChange ChangeTo(ResourceKind kind, const std::string& id,
                                   const google::protobuf::MessageLite& resource) {
  fleet::v1::ResourceChange change;
  change.set_kind(kind);
  change.set_id(id);
  change.set_resource(wire::SerializeCanonical(resource));
  return change;
}

fleet::v1::ResourceChange Removal(ResourceKind kind, const std::string& id) {
  fleet::v1::ResourceChange change;
  change.set_kind(kind);
  change.set_id(id);
  return change;
}

fleet::v1::ControlMessage DeltaTo(const Configuration& after, int64_t from, int64_t to,
                                  const std::vector<fleet::v1::ResourceChange>& changes) {
  fleet::v1::ControlMessage message;
  auto* delta = message.mutable_delta();
  delta->set_from(from);
  delta->set_to(to);
  delta->set_hash(test::ResourcesOf(after).Hash());
  delta->set_lineage("lineage of " + std::to_string(to));
  for (const auto& change : changes) *delta->add_changes() = change;
  return message;
}

class DeltaTest : public ControlLinkTest {
 protected:
  // The node serves `now_` at revision 5.
  void Begin() {
    Resume("e", 5);
    control_plane_.AnswerWith({{test::UpToDate(5)}});
    Start();
    ASSERT_TRUE(Until([](const auto& state) { return state.live; }));
  }
  Inbox AnswersTo(const fleet::v1::ControlMessage& delta, NodeMessage::MessageCase kind) {
    const int64_t before = CountOf(control_plane_.Inbox(), kind);
    control_plane_.Push({delta});
    EXPECT_TRUE(control_plane_.WaitFor(Has(kind, before + 1)));
    return control_plane_.Inbox();
  }
  void ExpectTaken(const fleet::v1::ControlMessage& delta) {
    const auto inbox = AnswersTo(delta, NodeMessage::kAck);
    EXPECT_EQ(Last(inbox, NodeMessage::kAck).ack().revision(), delta.delta().to());
    EXPECT_EQ(Last(inbox, NodeMessage::kAck).ack().hash(), delta.delta().hash());
    EXPECT_EQ(slot_.Load()->revision(), delta.delta().to());
    EXPECT_EQ(slot_.Load()->hash(), delta.delta().hash());
  }
  void ExpectUntouched() {
    EXPECT_EQ(slot_.Load()->revision(), 5);
    EXPECT_EQ(slot_.Load()->hash(), SampleHash());
    // The next good one still fits, so nothing of the bad one has stayed.
    Configuration after = now_;
    const auto& key = *test::AddClientKey(after, "fits", "fits-key");
    ExpectTaken(DeltaTo(after, 5, 90, {ChangeTo(RESOURCE_KIND_CLIENT_KEY, key.key().id(), key)}));
  }
  void ExpectResync(const fleet::v1::ControlMessage& delta, const std::string& why) {
    const auto inbox = AnswersTo(delta, NodeMessage::kResync);
    EXPECT_EQ(Last(inbox, NodeMessage::kResync).resync().revision(), delta.delta().to());
    EXPECT_THAT(Last(inbox, NodeMessage::kResync).resync().reason(), HasSubstr(why));
    ExpectUntouched();
  }
  void ExpectRefused(const fleet::v1::ControlMessage& delta, const std::string& why) {
    const auto inbox = AnswersTo(delta, NodeMessage::kNack);
    EXPECT_EQ(Last(inbox, NodeMessage::kNack).nack().revision(), delta.delta().to());
    EXPECT_THAT(Last(inbox, NodeMessage::kNack).nack().refusals(0).reason(), HasSubstr(why));
    ExpectUntouched();
  }
  bool Knows(const std::string& text) {
    return slot_.Load()->FindClientKey(crypto::Sha256(text)) != nullptr;
  }

  Configuration now_ = test::SampleConfiguration();
};

TEST_F(DeltaTest, AClientKeyComesChangesAndGoes) {
  Begin();
  Configuration after = now_;
  auto* key = test::AddClientKey(after, "more", "more-key");
  const std::string id = key->key().id();
  ExpectTaken(DeltaTo(after, 5, 6, {ChangeTo(RESOURCE_KIND_CLIENT_KEY, id, *key)}));
  EXPECT_TRUE(Knows("more-key"));
  EXPECT_TRUE(Knows("app-key")) << "the others stay";
  key->mutable_key()->set_enabled(false);
  ExpectTaken(DeltaTo(after, 6, 8, {ChangeTo(RESOURCE_KIND_CLIENT_KEY, id, *key)}));
  EXPECT_FALSE(Knows("more-key"));
  key->mutable_key()->set_enabled(true);
  key->set_sha256(crypto::Sha256Bytes("other text"));
  ExpectTaken(DeltaTo(after, 8, 9, {ChangeTo(RESOURCE_KIND_CLIENT_KEY, id, *key)}));
  EXPECT_FALSE(Knows("more-key"));
  EXPECT_TRUE(Knows("other text"));
  ExpectTaken(DeltaTo(now_, 9, 10, {Removal(RESOURCE_KIND_CLIENT_KEY, id)}));
  EXPECT_FALSE(Knows("other text"));
  EXPECT_EQ(slot_.Load()->hash(), SampleHash());
}

TEST_F(DeltaTest, ProvidersTheirKeysAndSettingsChange) {
  Begin();
  Configuration after = now_;
  test::AddProvider(after, "zzz");
  const auto& provider_key = *test::AddProviderKey(after, "zzz", "main");
  after.mutable_settings()->set_allow_passthrough_v1_alias(false);
  ExpectTaken(
      DeltaTo(after, 5, 6,
              {ChangeTo(RESOURCE_KIND_SETTINGS, "settings", after.settings()),
               ChangeTo(RESOURCE_KIND_PROVIDER, "zzz", after.providers(after.providers_size() - 1)),
               ChangeTo(RESOURCE_KIND_PROVIDER_KEY, provider_key.key().id(), provider_key)}));
  const auto snapshot = slot_.Load();
  ASSERT_NE(snapshot->FindProvider("zzz"), nullptr);
  EXPECT_EQ(snapshot->FindProvider("zzz")->keys.size(), 1U);
  EXPECT_FALSE(snapshot->v1_alias_allowed());
  EXPECT_TRUE(Knows("app-key"));
  ExpectTaken(
      DeltaTo(now_, 6, 7,
              {Removal(RESOURCE_KIND_SETTINGS, "settings"), Removal(RESOURCE_KIND_PROVIDER, "zzz"),
               Removal(RESOURCE_KIND_PROVIDER_KEY, provider_key.key().id())}));
  EXPECT_EQ(slot_.Load()->FindProvider("zzz"), nullptr);
  EXPECT_TRUE(slot_.Load()->v1_alias_allowed());
}

TEST_F(DeltaTest, ATokenIssuerComesChangesAndGoes) {
  Begin();
  constexpr auto kKind = config::v1::RESOURCE_KIND_JWT_ISSUER;
  const auto issuer = [&]() -> config::TokenIssuers::Issuer {
    return slot_.Load()->token_issuers().Find("https://id.example.com");
  };
  Configuration after = now_;
  auto* entry = after.add_jwt_issuers();
  entry->mutable_issuer()->set_name("corp");
  entry->mutable_issuer()->set_issuer("https://id.example.com");
  entry->mutable_issuer()->add_audiences("sluice");
  entry->mutable_issuer()->add_algorithms(config::v1::JWT_ALGORITHM_HS256);
  entry->set_hs256_secret(std::string(32, 's'));
  ExpectTaken(DeltaTo(after, 5, 6, {ChangeTo(kKind, "corp", *entry)}));
  const auto first = issuer();
  ASSERT_NE(first, nullptr);
  entry->set_hs256_secret(std::string(32, 't'));
  ExpectTaken(DeltaTo(after, 6, 7, {ChangeTo(kKind, "corp", *entry)}));
  ASSERT_NE(issuer(), nullptr);
  EXPECT_NE(issuer(), first);
  ExpectTaken(DeltaTo(now_, 7, 8, {Removal(kKind, "corp")}));
  EXPECT_EQ(issuer(), nullptr);
}

TEST_F(DeltaTest, WhatWasAppliedIsThereAfterARestart) {
  Begin();
  Configuration after = now_;
  const auto& key = *test::AddClientKey(after, "more", "more-key");
  ExpectTaken(DeltaTo(after, 5, 6, {ChangeTo(RESOURCE_KIND_CLIENT_KEY, key.key().id(), key)}));
  link_->Stop();
  auto reopened = config::LastKnownGood::Open(folder_.File("state"), clock_);
  config::SnapshotSlot slot;
  const auto held = config::ServeLastKnownGood(**reopened, live_state_, slot);
  ASSERT_TRUE(held.has_value());
  EXPECT_EQ(held->stamp.revision, 6);
  EXPECT_EQ(held->stamp.lineage, "lineage of 6");
  EXPECT_NE(slot.Load()->FindClientKey(crypto::Sha256("more-key")), nullptr);
}

TEST_F(DeltaTest, ADeltaThatDoesNotLeadToItsHashAsksForASnapshot) {
  Begin();
  Configuration after = now_;
  const auto& key = *test::AddClientKey(after, "more", "more-key");
  auto delta = DeltaTo(after, 5, 6, {ChangeTo(RESOURCE_KIND_CLIENT_KEY, key.key().id(), key)});
  delta.mutable_delta()->set_hash(std::string(32, 'x'));
  ExpectResync(delta, "hash");
}

TEST_F(DeltaTest, ADeltaFromElsewhereAsksForASnapshot) {
  Begin();
  ExpectResync(DeltaTo(now_, 4, 6, {}), "revision 4");
}

TEST_F(DeltaTest, WhatIsNoDeltaAsksForASnapshot) {
  Begin();
  auto unknown = Removal(static_cast<ResourceKind>(17), "x");
  ExpectResync(DeltaTo(now_, 5, 6, {unknown}), "not what it is said to be");
}

TEST_F(DeltaTest, AResourceUnderAnotherNameAsksForASnapshot) {
  Begin();
  ExpectResync(DeltaTo(now_, 5, 6, {ChangeTo(RESOURCE_KIND_PROVIDER, "x", now_.providers(0))}),
               "not what it is said to be");
}

TEST_F(DeltaTest, AResourceNamedTwiceAsksForASnapshot) {
  Begin();
  const auto change = Removal(RESOURCE_KIND_PROVIDER, "x");
  ExpectResync(DeltaTo(now_, 5, 6, {change, change}), "twice");
}

TEST_F(DeltaTest, ABrokenRuleIsRefusedAndNothingStays) {
  Begin();
  Configuration after = now_;
  auto* provider = test::AddProvider(after, "bad");
  provider->set_base_url("ftp://x");
  ExpectRefused(DeltaTo(after, 5, 6, {ChangeTo(RESOURCE_KIND_PROVIDER, "bad", *provider)}),
                "base_url");
}

TEST_F(DeltaTest, AKeyOfAProviderThatIsNotThereIsRefused) {
  Begin();
  Configuration after = now_;
  auto* key = test::AddClientKey(after, "more", "more-key");
  key->mutable_key()->add_providers("nowhere");
  ExpectRefused(DeltaTo(after, 5, 6, {ChangeTo(RESOURCE_KIND_CLIENT_KEY, key->key().id(), *key)}),
                "does not exist");
}

TEST_F(DeltaTest, TwoKeysOfOneTextAreRefused) {
  Begin();
  Configuration after = now_;
  const auto& key = *test::AddClientKey(after, "twin", "app-key");
  ExpectRefused(DeltaTo(after, 5, 6, {ChangeTo(RESOURCE_KIND_CLIENT_KEY, key.key().id(), key)}),
                "another key");
}

TEST_F(DeltaTest, AProviderThatAKeyNamesIsNotTakenAway) {
  auto* key = test::AddClientKey(now_, "bound", "bound-key");
  key->mutable_key()->add_providers(now_.providers(0).name());
  ASSERT_TRUE(
      last_known_good_
          ->Save({"e", 5, test::ResourcesOf(now_).Hash(), test::kLineage}, test::BytesOf(now_))
          .ok());
  held_ = config::ServeLastKnownGood(*last_known_good_, live_state_, slot_);
  control_plane_.AnswerWith({{test::UpToDate(5)}});
  Start();
  ASSERT_TRUE(Until([](const auto& state) { return state.live; }));
  Configuration after = now_;
  const std::string name = now_.providers(0).name();
  test::AddProvider(after, "another");
  after.mutable_providers()->DeleteSubrange(0, 1);
  const std::string provider_key = now_.provider_keys(0).key().id();
  after.clear_provider_keys();
  const auto inbox =
      AnswersTo(DeltaTo(after, 5, 6,
                        {ChangeTo(RESOURCE_KIND_PROVIDER, "another", after.providers(0)),
                         Removal(RESOURCE_KIND_PROVIDER, name),
                         Removal(RESOURCE_KIND_PROVIDER_KEY, provider_key)}),
                NodeMessage::kNack);
  EXPECT_THAT(Last(inbox, NodeMessage::kNack).nack().refusals(0).reason(),
              HasSubstr("does not exist"));
  EXPECT_NE(slot_.Load()->FindProvider(name), nullptr);
}

TEST_F(DeltaTest, LosingAllProvidersIsADivergence) {
  Begin();
  Configuration after = now_;
  after.clear_providers();
  after.clear_provider_keys();
  ExpectRefused(DeltaTo(after, 5, 6,
                        {Removal(RESOURCE_KIND_PROVIDER, now_.providers(0).name()),
                         Removal(RESOURCE_KIND_PROVIDER_KEY, now_.provider_keys(0).key().id())}),
                "divergence");
}

TEST_F(DeltaTest, WhatTakesMoreThanThisReleaseCanIsRefused) {
  Begin();
  auto delta = DeltaTo(now_, 5, 6, {});
  delta.mutable_delta()->add_required_capabilities("telepathy");
  ExpectRefused(delta, "telepathy");
}

TEST_F(DeltaTest, ANodeWithNothingAsksForASnapshot) {
  control_plane_.AnswerWith({{DeltaTo({}, 0, 1, {})}});
  Start();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kResync)));
  EXPECT_EQ(slot_.Load(), nullptr);
}

// Fields of a newer release stay in what is hashed, stored and served on.
TEST_F(DeltaTest, FieldsOfANewerReleaseAreKept) {
  Begin();
  Configuration after = now_;
  auto* key = test::AddClientKey(after, "more", "more-key");
  key->GetReflection()->MutableUnknownFields(key)->AddLengthDelimited(1000, "later");
  ExpectTaken(DeltaTo(after, 5, 6, {ChangeTo(RESOURCE_KIND_CLIENT_KEY, key->key().id(), *key)}));
  EXPECT_TRUE(Knows("more-key"));
}

TEST_F(DeltaTest, AHintToComeLaterIsKept) {
  fleet::v1::ControlMessage later;
  later.mutable_retry_later()->mutable_after()->set_nanos(300'000'000);
  control_plane_.AnswerWith({{later}});
  control_plane_.HangUp(true);
  const auto began = std::chrono::steady_clock::now();
  Start();
  ASSERT_TRUE(control_plane_.WaitFor(Has(NodeMessage::kHello, 3)));
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(600));
}

}  // namespace
}  // namespace sluice::link
