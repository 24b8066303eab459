#include "controlplane/publish/publisher.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "common/wire/resource_set.h"
#include "sluice/fleet/v1/fleet.pb.h"
#include "tests/unit/controlplane/publish/fake_fleet.h"

namespace sluice::publish {
namespace {

std::string Joined(const ConfigurationImage& image) {
  std::string bytes;
  for (const EncodedMessage& piece : image.pieces()) {
    fleet::v1::ControlMessage message;
    EXPECT_TRUE(message.ParseFromString(std::string(piece->Reveal())));
    EXPECT_LE(message.snapshot().bytes().size(), kPieceBytes);
    EXPECT_EQ(message.snapshot().chunk_count(), static_cast<int>(image.pieces().size()));
    bytes += message.snapshot().bytes();
  }
  return bytes;
}

std::string HashOf(const std::string& bytes) {
  const auto set = wire::ResourceSet::Parse(bytes);
  EXPECT_TRUE(set.ok()) << set.status();
  return set.ok() ? set->Hash() : "";
}

class PublisherTest : public PublishFixture {
 protected:
  std::shared_ptr<const ConfigurationImage> Image() {
    const auto update = publisher_.UpdateFrom(std::nullopt, true);
    EXPECT_TRUE(update.ok()) << update.status();
    return update->image;
  }
  fleet::v1::Delta DeltaFrom(int64_t revision) {
    const auto update = publisher_.UpdateFrom(revision, true);
    EXPECT_TRUE(update.ok()) << update.status();
    fleet::v1::ControlMessage message;
    if (update->delta == nullptr) {
      ADD_FAILURE() << "no delta";
    } else {
      EXPECT_TRUE(message.ParseFromString(std::string(update->delta->Reveal())));
    }
    return message.delta();
  }
  // Hashed from what the deltas from `revision` make of `bytes`.
  std::string HashAfter(const std::string& bytes, int64_t revision) {
    auto set = *wire::ResourceSet::Parse(bytes);
    const fleet::v1::Delta delta = DeltaFrom(revision);
    for (const auto& change : delta.changes()) {
      if (change.has_resource()) {
        set.Put(change.kind(), change.id(), change.resource());
      } else {
        set.Erase(change.kind(), change.id());
      }
    }
    return set.Hash();
  }
  config::v1::ClientKey ClientKey(const std::string& id) {
    config::v1::ClientKey key;
    key.set_id(id);
    key.set_name(id);
    return key;
  }
};

TEST_F(PublisherTest, AnEmptyStoreIsOnePieceAtRevisionZero) {
  const HeadPtr head = publisher_.Current();
  ASSERT_NE(head, nullptr);
  EXPECT_EQ(head->revision, 0);
  EXPECT_EQ(head->epoch, *store_->Epoch());
  EXPECT_EQ(head->lineage, "");
  EXPECT_EQ(head->hash, wire::ResourceSet().Hash());
  const auto image = Image();
  EXPECT_EQ(image->pieces().size(), 1u);
  EXPECT_EQ(image->head(), head);
}

TEST_F(PublisherTest, SecretsAreOpenedAndRevokedKeysStayBehind) {
  config::v1::ProviderKey provider_key;
  provider_key.set_id("pk_1");
  provider_key.set_provider("a");
  provider_key.set_name("main");
  config::v1::ClientKey live;
  live.set_id("live");
  live.set_name("app");
  config::v1::ClientKey revoked = live;
  revoked.set_id("revoked");
  revoked.mutable_revoked_at()->set_seconds(1);
  ASSERT_TRUE(
      store::Commit(
          *store_, store::ProviderRow("a"),
          store::RowOf(provider_key, sealer_.Seal({"pk_1", 0}, base::Secret(std::string("sk-1")))),
          store::RowOf(live, "digest"), store::RowOf(revoked, "old"))
          .ok());
  ASSERT_TRUE(publisher_.Refresh().ok());
  config::v1::Configuration configuration;
  const std::string bytes = Joined(*Image());
  ASSERT_TRUE(configuration.ParseFromString(bytes));
  EXPECT_EQ(publisher_.Current()->hash, HashOf(bytes));
  ASSERT_EQ(configuration.provider_keys_size(), 1);
  EXPECT_EQ(configuration.provider_keys(0).secret(), "sk-1");
  ASSERT_EQ(configuration.client_keys_size(), 1);
  EXPECT_EQ(configuration.client_keys(0).key().id(), "live");
  EXPECT_EQ(configuration.client_keys(0).sha256(), "digest");
}

// A node of before there were token issuers would pass them over without a word.
TEST_F(PublisherTest, TokenIssuersTakeNodesThatKnowThem) {
  const auto required = [this] {
    fleet::v1::ControlMessage message;
    const std::string piece(Image()->pieces().front()->Reveal());
    EXPECT_TRUE(message.ParseFromString(piece));
    return message.snapshot().required_capabilities_size();
  };
  EXPECT_EQ(required(), 0);
  config::v1::JwtIssuer issuer;
  issuer.set_name("corp");
  issuer.mutable_created_at()->set_seconds(7);
  const std::string sealed =
      sealer_.Seal(sealing::IssuerPlaceOf(issuer), base::Secret(std::string("shared")));
  ASSERT_TRUE(store::Commit(*store_, store::RowOf(issuer, sealed)).ok());
  ASSERT_TRUE(publisher_.Refresh().ok());
  EXPECT_EQ(required(), 1);
  config::v1::Configuration configuration;
  ASSERT_TRUE(configuration.ParseFromString(Joined(*Image())));
  ASSERT_EQ(configuration.jwt_issuers_size(), 1);
  EXPECT_EQ(configuration.jwt_issuers(0).hs256_secret(), "shared");
}

TEST_F(PublisherTest, ALargeConfigurationIsCutIntoPieces) {
  config::v1::ClientKey key;
  key.set_note(std::string(1000, 'n'));
  auto change = store_->Begin(store::TestInfo());
  for (int i = 0; i < 2500; ++i) {
    key.set_id("id" + std::to_string(i));
    key.set_name("name" + std::to_string(i));
    ASSERT_TRUE((*change)->Put(store::RowOf(key, std::string(32, 'd'))).ok());
  }
  ASSERT_TRUE((*change)->Commit("many").ok());
  change->reset();
  ASSERT_TRUE(publisher_.Refresh().ok());
  const auto image = Image();
  EXPECT_EQ(image->pieces().size(), (image->size() + kPieceBytes - 1) / kPieceBytes);
  EXPECT_GE(image->pieces().size(), 3u);
  EXPECT_EQ(HashOf(Joined(*image)), image->head()->hash);
}

TEST_F(PublisherTest, TheSameRevisionIsEncodedOnce) {
  const auto before = Image();
  ASSERT_TRUE(publisher_.Refresh().ok());
  EXPECT_EQ(Image(), before);
}

TEST_F(PublisherTest, AKeyThatDoesNotOpenKeepsTheOldImage) {
  config::v1::ProviderKey key;
  key.set_id("pk_1");
  key.set_provider("a");
  key.set_name("main");
  ASSERT_TRUE(store::Commit(*store_, store::RowOf(key, "not sealed")).ok());
  EXPECT_TRUE(absl::IsDataLoss(publisher_.Refresh()));
  EXPECT_EQ(publisher_.Current()->revision, 0);
  EXPECT_FALSE(publisher_.LastStatus().ok());
}

TEST_F(PublisherTest, ADeltaLeadsFromAnyRevisionToTheNewest) {
  std::vector<std::string> images = {Joined(*Image())};
  const auto take = [&] {
    ASSERT_TRUE(publisher_.Refresh().ok());
    images.push_back(Joined(*Image()));
  };
  ASSERT_TRUE(store::Commit(*store_, store::ProviderRow("a")).ok());
  take();
  ASSERT_TRUE(store::Commit(*store_, store::RowOf(ClientKey("k1"), std::string(32, '1'))).ok());
  take();
  config::v1::ClientKey revoked = ClientKey("k1");
  revoked.mutable_revoked_at()->set_seconds(1);
  ASSERT_TRUE(store::Commit(*store_, store::RowOf(revoked, std::string(32, '1')),
                            store::RowOf(ClientKey("k2"), std::string(32, '2')))
                  .ok());
  take();
  ASSERT_TRUE(store::Commit(*store_, store::ProviderRow("b")).ok());
  take();
  for (size_t revision = 0; revision + 1 < images.size(); ++revision) {
    EXPECT_EQ(HashAfter(images[revision], static_cast<int64_t>(revision)),
              publisher_.Current()->hash)
        << revision;
  }
  const fleet::v1::Delta last = DeltaFrom(3);
  EXPECT_EQ(last.to(), 4);
  EXPECT_EQ(last.changes_size(), 1);
  EXPECT_EQ(last.lineage(), publisher_.Current()->lineage);
  const fleet::v1::Delta two = DeltaFrom(2);
  ASSERT_EQ(two.changes_size(), 3);
  EXPECT_FALSE(two.changes(1).has_resource()) << "a revoked key does not travel";
}

TEST_F(PublisherTest, ALargeChangeIsASnapshot) {
  config::v1::ClientKey key;
  key.set_note(std::string(1000, 'n'));
  auto change = store_->Begin(store::TestInfo());
  for (int i = 0; i < 1500; ++i) {
    key.set_id("id" + std::to_string(i));
    key.set_name("name" + std::to_string(i));
    ASSERT_TRUE((*change)->Put(store::RowOf(key, std::string(32, 'd'))).ok());
  }
  ASSERT_TRUE((*change)->Commit("many").ok());
  change->reset();
  ASSERT_TRUE(publisher_.Refresh().ok());
  EXPECT_NE(publisher_.UpdateFrom(0, true)->image, nullptr);
  ASSERT_TRUE(store::Commit(*store_, store::ProviderRow("a")).ok());
  ASSERT_TRUE(publisher_.Refresh().ok());
  EXPECT_EQ(DeltaFrom(1).changes_size(), 1);
  EXPECT_NE(publisher_.UpdateFrom(1, false)->image, nullptr) << "a node that takes no deltas";
}

TEST_F(PublisherTest, TellsTheHistoriesOfNodesApart) {
  using Relation = Publisher::Relation;
  ASSERT_TRUE(store::Commit(*store_, store::ProviderRow("a")).ok());
  ASSERT_TRUE(publisher_.Refresh().ok());
  const Head old = *publisher_.Current();
  ASSERT_TRUE(store::Commit(*store_, store::ProviderRow("b")).ok());
  ASSERT_TRUE(publisher_.Refresh().ok());
  const Head now = *publisher_.Current();
  EXPECT_EQ(*publisher_.Relate(now), Relation::kCurrent);
  EXPECT_EQ(*publisher_.Relate(old), Relation::kBehind);
  EXPECT_EQ(*publisher_.Relate({}), Relation::kOther);
  Head other = now;
  other.hash = "x";
  EXPECT_EQ(*publisher_.Relate(other), Relation::kOther);
  other = now;
  other.epoch = "x";
  EXPECT_EQ(*publisher_.Relate(other), Relation::kOther);
  other = now;
  other.revision = 3;
  EXPECT_EQ(*publisher_.Relate(other), Relation::kOther);
  for (Head forked : {old, now}) {
    forked.lineage = std::string(32, 'f');
    EXPECT_EQ(*publisher_.Relate(forked), Relation::kForked);
  }
}

}  // namespace
}  // namespace sluice::publish
