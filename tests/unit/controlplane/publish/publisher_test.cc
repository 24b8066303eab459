#include "controlplane/publish/publisher.h"

#include <gtest/gtest.h>

#include <string>

#include "common/wire/canonical.h"
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

class PublisherTest : public PublishFixture {};

TEST_F(PublisherTest, AnEmptyStoreIsOnePieceAtRevisionZero) {
  const auto image = publisher_.Current();
  ASSERT_NE(image, nullptr);
  EXPECT_EQ(image->revision(), 0);
  EXPECT_EQ(image->epoch(), *store_->Epoch());
  EXPECT_EQ(image->pieces().size(), 1u);
  EXPECT_EQ(image->hash(), wire::HashOf(""));
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
  ASSERT_TRUE(store::Commit(
                  *store_, store::ProviderRow("a"),
                  store::RowOf(provider_key,
                               sealer_.SealProviderKey("pk_1", base::Secret(std::string("sk-1")))),
                  store::RowOf(live, "digest"), store::RowOf(revoked, "old"))
                  .ok());
  ASSERT_TRUE(publisher_.Refresh().ok());
  config::v1::Configuration configuration;
  const std::string bytes = Joined(*publisher_.Current());
  ASSERT_TRUE(configuration.ParseFromString(bytes));
  EXPECT_EQ(publisher_.Current()->hash(), wire::HashOf(bytes));
  ASSERT_EQ(configuration.provider_keys_size(), 1);
  EXPECT_EQ(configuration.provider_keys(0).secret(), "sk-1");
  ASSERT_EQ(configuration.client_keys_size(), 1);
  EXPECT_EQ(configuration.client_keys(0).key().id(), "live");
  EXPECT_EQ(configuration.client_keys(0).sha256(), "digest");
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
  const auto image = publisher_.Current();
  EXPECT_EQ(image->pieces().size(), (image->size() + kPieceBytes - 1) / kPieceBytes);
  EXPECT_GE(image->pieces().size(), 3u);
  EXPECT_EQ(wire::HashOf(Joined(*image)), image->hash());
}

TEST_F(PublisherTest, TheSameRevisionIsEncodedOnce) {
  const auto before = publisher_.Current();
  ASSERT_TRUE(publisher_.Refresh().ok());
  EXPECT_EQ(publisher_.Current(), before);
}

TEST_F(PublisherTest, AKeyThatDoesNotOpenKeepsTheOldImage) {
  config::v1::ProviderKey key;
  key.set_id("pk_1");
  key.set_provider("a");
  key.set_name("main");
  ASSERT_TRUE(store::Commit(*store_, store::RowOf(key, "not sealed")).ok());
  EXPECT_TRUE(absl::IsDataLoss(publisher_.Refresh()));
  EXPECT_EQ(publisher_.Current()->revision(), 0);
  EXPECT_FALSE(publisher_.LastStatus().ok());
}

}  // namespace
}  // namespace sluice::publish
