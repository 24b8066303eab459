#include <gmock/gmock.h>

#include <string>

#include "common/crypto/digest.h"
#include "common/crypto/key_text.h"
#include "controlplane/ops/client_key_ops.h"
#include "controlplane/ops/provider_key_ops.h"
#include "controlplane/store/timestamp.h"
#include "tests/unit/controlplane/ops/ops_fixture.h"

namespace sluice::ops {
namespace {

using store::ResourceKind;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kCanary[] = "sk-canary-abcdefgh";

class ProviderKeyOpsTest : public OpsFixture {
 protected:
  ProviderKeyOpsTest() { EXPECT_TRUE(CreateProvider("openai").ok()); }

  std::string StoredMaterial(const std::string& id) {
    return (*(*store_->Read())->rows().FindById(ResourceKind::kProviderKey, id))->material;
  }
  admin::v1::UpdateProviderKeyRequest UpdateOf(const std::string& id) {
    admin::v1::UpdateProviderKeyRequest request;
    request.mutable_ref()->set_id(id);
    return request;
  }
};

TEST_F(ProviderKeyOpsTest, TheSecretIsSealedAndNeverAnswered) {
  auto created = CreateProviderKey("openai", "main", kCanary);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_THAT(created->DebugString(), Not(HasSubstr(kCanary)));
  EXPECT_THAT(provider_keys_.List({})->DebugString(), Not(HasSubstr(kCanary)));
  const std::string id = created->provider_key().id();
  EXPECT_TRUE(id.starts_with("pk_")) << id;
  EXPECT_THAT(StoredMaterial(id), Not(HasSubstr(kCanary)));
  EXPECT_TRUE(sealer_.Open({id, 1}, StoredMaterial(id))->Equals(kCanary));
}

TEST_F(ProviderKeyOpsTest, ABadSecretIsRefusedWithoutShowingIt) {
  for (const std::string& secret :
       {std::string(), std::string("sk canary"), std::string(kCanary) + "\n"}) {
    const absl::Status status = CreateProviderKey("openai", "main", secret).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(MessageOf(status), Not(HasSubstr("canary")));
  }
  EXPECT_TRUE(absl::IsNotFound(CreateProviderKey("none", "main", kCanary).status()));
}

TEST_F(ProviderKeyOpsTest, NamesAreUniqueWithinAProvider) {
  ASSERT_TRUE(CreateProvider("other").ok());
  ASSERT_TRUE(CreateProviderKey("openai", "main", "sk-1").ok());
  EXPECT_TRUE(CreateProviderKey("other", "main", "sk-2").ok());
  EXPECT_TRUE(absl::IsAlreadyExists(CreateProviderKey("openai", "main", "sk-3").status()));
}

TEST_F(ProviderKeyOpsTest, AKeyIsFoundByIdAndByProviderAndName) {
  const std::string id = CreateProviderKey("openai", "main", "sk-1")->provider_key().id();
  admin::v1::GetProviderKeyRequest request;
  EXPECT_TRUE(absl::IsInvalidArgument(provider_keys_.Get(request).status()));
  request.mutable_ref()->set_provider("openai");
  request.mutable_ref()->set_name("main");
  EXPECT_EQ(provider_keys_.Get(request)->id(), id);
  request.mutable_ref()->set_name("none");
  EXPECT_TRUE(absl::IsNotFound(provider_keys_.Get(request).status()));
}

TEST_F(ProviderKeyOpsTest, AnUpdateDisablesOrReplaces) {
  const std::string id = CreateProviderKey("openai", "main", "sk-1")->provider_key().id();
  auto request = UpdateOf(id);
  request.mutable_provider_key()->set_enabled(false);
  request.mutable_update_mask()->add_paths("enabled");
  auto updated = provider_keys_.Update(By("UpdateProviderKey"), request);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_FALSE(updated->provider_key().enabled());
  auto replace = UpdateOf(id);
  replace.set_secret("sk-2");
  updated = provider_keys_.Update(By("UpdateProviderKey"), replace);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_FALSE(updated->provider_key().enabled());
  EXPECT_TRUE(sealer_.Open({id, 2}, StoredMaterial(id))->Equals("sk-2"));
}

TEST_F(ProviderKeyOpsTest, TheSameSecretAgainChangesNothing) {
  const std::string id = CreateProviderKey("openai", "main", "sk-1")->provider_key().id();
  auto request = UpdateOf(id);
  request.set_secret("sk-1");
  EXPECT_EQ(provider_keys_.Update(By("UpdateProviderKey"), request)->revision(), 2);
  EXPECT_TRUE(absl::IsInvalidArgument(
      provider_keys_.Update(By("UpdateProviderKey"), UpdateOf(id)).status()));
}

class ClientKeyOpsTest : public OpsFixture {
 protected:
  absl::StatusOr<admin::v1::RevokeClientKeyResponse> Revoke(const std::string& key) {
    admin::v1::RevokeClientKeyRequest request;
    request.set_key(key);
    return client_keys_.Revoke(By("RevokeClientKey"), request);
  }
  absl::StatusOr<admin::v1::CreateClientKeyResponse> Rotate(const std::string& key) {
    admin::v1::RotateClientKeyRequest request;
    request.set_key(key);
    return client_keys_.Rotate(By("RotateClientKey"), request);
  }
  absl::StatusOr<config::v1::ClientKey> Get(const std::string& key) {
    admin::v1::GetClientKeyRequest request;
    request.set_key(key);
    return client_keys_.Get(request);
  }
};

TEST_F(ClientKeyOpsTest, TheTextIsAnsweredOnceAndStoredAsItsDigest) {
  auto created = CreateClientKey("app");
  ASSERT_TRUE(created.ok()) << created.status();
  const std::string& id = created->client_key().id();
  EXPECT_EQ(crypto::KeyIdOf(crypto::kClientKeyPrefix, created->key()), id);
  auto row = (*store_->Read())->rows().FindById(ResourceKind::kClientKey, id);
  EXPECT_EQ((*row)->material, crypto::Sha256Bytes(created->key()));
  EXPECT_THAT(client_keys_.List({})->DebugString(), Not(HasSubstr(created->key())));
}

TEST_F(ClientKeyOpsTest, IdAndTimesAreGivenByTheControlPlane) {
  admin::v1::CreateClientKeyRequest request;
  request.mutable_client_key()->set_name("app");
  request.mutable_client_key()->set_id("mine");
  request.mutable_client_key()->mutable_created_at()->set_seconds(1);
  request.mutable_client_key()->mutable_revoked_at()->set_seconds(1);
  auto created = client_keys_.Create(By("CreateClientKey"), request);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_NE(created->client_key().id(), "mine");
  EXPECT_FALSE(created->client_key().has_revoked_at());
  EXPECT_EQ(store::ToTime(created->client_key().created_at()), store::kTestTime);
}

TEST_F(ClientKeyOpsTest, ExpiryIsRelativeOrAbsoluteAndLiesAhead) {
  admin::v1::CreateClientKeyRequest request;
  request.mutable_client_key()->set_name("app");
  request.mutable_expires_in()->set_seconds(60);
  auto created = client_keys_.Create(By("CreateClientKey"), request);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(store::ToTime(created->client_key().expires_at()),
            store::kTestTime + absl::Seconds(60));
  request.mutable_client_key()->set_name("app2");
  request.mutable_expires_in()->set_seconds(0);
  EXPECT_TRUE(
      absl::IsInvalidArgument(client_keys_.Create(By("CreateClientKey"), request).status()));
  request.mutable_client_key()->mutable_expires_at()->set_seconds(1);
  EXPECT_TRUE(
      absl::IsInvalidArgument(client_keys_.Create(By("CreateClientKey"), request).status()));
  request.clear_expires_in();
  EXPECT_THAT(MessageOf(client_keys_.Create(By("CreateClientKey"), request).status()),
              HasSubstr("past"));
}

TEST_F(ClientKeyOpsTest, ProvidersMustExist) {
  const absl::Status status = CreateClientKey("app", {"nowhere"}).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(MessageOf(status), HasSubstr("nowhere"));
}

TEST_F(ClientKeyOpsTest, ARevokedKeyGivesItsNameFree) {
  const std::string first = CreateClientKey("app")->client_key().id();
  EXPECT_TRUE(absl::IsAlreadyExists(CreateClientKey("app").status()));
  auto revoked = Revoke("app");
  ASSERT_TRUE(revoked.ok()) << revoked.status();
  EXPECT_TRUE(revoked->client_key().has_revoked_at());
  const std::string second = CreateClientKey("app")->client_key().id();
  EXPECT_EQ(Get("app")->id(), second);
  EXPECT_TRUE(Get(first)->has_revoked_at());
  EXPECT_EQ(client_keys_.List({})->client_keys_size(), 1);
  admin::v1::ListClientKeysRequest all;
  all.set_include_revoked(true);
  EXPECT_EQ(client_keys_.List(all)->client_keys_size(), 2);
}

TEST_F(ClientKeyOpsTest, RevokingTwiceChangesNothingAndIsForGood) {
  const std::string id = CreateClientKey("app")->client_key().id();
  ASSERT_TRUE(Revoke(id).ok());
  auto again = Revoke(id);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->revision(), 2);
  EXPECT_TRUE(absl::IsFailedPrecondition(Rotate(id).status()));
  admin::v1::UpdateClientKeyRequest update;
  update.set_key(id);
  update.mutable_update_mask()->add_paths("note");
  EXPECT_TRUE(
      absl::IsFailedPrecondition(client_keys_.Update(By("UpdateClientKey"), update).status()));
  update.mutable_update_mask()->set_paths(0, "revoked_at");
  EXPECT_FALSE(client_keys_.Update(By("UpdateClientKey"), update).ok());
}

TEST_F(ClientKeyOpsTest, RotationMakesANewKeyWithTheSameRightsInOneRevision) {
  ASSERT_TRUE(CreateProvider("a").ok());
  auto first = CreateClientKey("app", {"a"});
  ASSERT_TRUE(first.ok());
  clock_.now += absl::Hours(1);
  auto second = Rotate("app");
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->revision(), 3);
  EXPECT_NE(second->key(), first->key());
  EXPECT_EQ(second->client_key().name(), "app");
  EXPECT_EQ(second->client_key().providers(0), "a");
  EXPECT_FALSE(second->client_key().has_revoked_at());
  EXPECT_TRUE(Get(first->client_key().id())->has_revoked_at());
}

TEST_F(ClientKeyOpsTest, ANameMayNotBeTheIdOfAnotherKey) {
  const std::string id = CreateClientKey("app")->client_key().id();
  EXPECT_TRUE(absl::IsAlreadyExists(CreateClientKey(id).status()));
}

TEST_F(ClientKeyOpsTest, AFailedWriteRingsNobody) {
  ASSERT_TRUE(CreateClientKey("app").ok());
  const int rings = bell_.rings;
  EXPECT_FALSE(CreateClientKey("app").ok());
  EXPECT_FALSE(Revoke("none").ok());
  EXPECT_EQ(bell_.rings, rings);
}

TEST_F(OpsFixture, SettingsAreFilledInAndReturnToTheirDefaults) {
  EXPECT_TRUE(settings_.Get()->settings().enable_passthrough_routes());
  admin::v1::UpdateSettingsRequest request;
  request.mutable_settings()->set_enable_passthrough_routes(false);
  request.mutable_settings()->mutable_timeouts()->mutable_connect()->set_seconds(9);
  request.mutable_update_mask()->add_paths("enable_passthrough_routes");
  auto updated = settings_.Update(By("UpdateSettings"), request);
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_FALSE(updated->settings().enable_passthrough_routes());
  EXPECT_EQ(updated->settings().timeouts().connect().seconds(), 5);
  request.clear_settings();
  EXPECT_TRUE(
      settings_.Update(By("UpdateSettings"), request)->settings().enable_passthrough_routes());
  EXPECT_EQ(settings_.Update(By("UpdateSettings"), request)->revision(), 2);
  request.mutable_settings()->set_max_header_fields(1);
  request.mutable_update_mask()->set_paths(0, "max_header_fields");
  EXPECT_TRUE(absl::IsInvalidArgument(settings_.Update(By("UpdateSettings"), request).status()));
}

TEST_F(OpsFixture, StatusCountsWhatIsInUse) {
  ASSERT_TRUE(CreateProvider("a").ok());
  ASSERT_TRUE(CreateProviderKey("a", "one", "sk-1").ok());
  ASSERT_TRUE(CreateClientKey("app").ok());
  ASSERT_TRUE(CreateClientKey("old").ok());
  admin::v1::RevokeClientKeyRequest revoke;
  revoke.set_key("old");
  ASSERT_TRUE(client_keys_.Revoke(By("RevokeClientKey"), revoke).ok());
  auto status = history_.GetStatus();
  ASSERT_TRUE(status.ok()) << status.status();
  EXPECT_EQ(status->providers(), 1);
  EXPECT_EQ(status->provider_keys(), 1);
  EXPECT_EQ(status->client_keys(), 1);
  EXPECT_EQ(status->revision(), 5);
  EXPECT_EQ(status->epoch(), *store_->Epoch());
}

}  // namespace
}  // namespace sluice::ops
