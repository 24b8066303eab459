#include <gtest/gtest.h>

#include "controlplane/ops/client_key_ops.h"
#include "controlplane/store/timestamp.h"
#include "tests/unit/controlplane/ops/ops_fixture.h"

namespace sluice::ops {
namespace {

class ClientKeyRotationTest : public OpsFixture {
 protected:
  ClientKeyRotationTest() {
    admin::v1::CreateClientKeyRequest request;
    request.mutable_client_key()->set_name("web");
    request.mutable_client_key()->add_methods("POST");
    auto created = client_keys_.Create(By("Create"), request);
    EXPECT_TRUE(created.ok()) << created.status();
    id_ = created->client_key().id();
  }

  absl::StatusOr<admin::v1::CreateClientKeyResponse> Rotate(const std::string& key,
                                                            int64_t overlap_seconds) {
    admin::v1::RotateClientKeyRequest request;
    request.set_key(key);
    request.mutable_overlap()->set_seconds(overlap_seconds);
    return client_keys_.Rotate(By("Rotate"), request);
  }
  config::v1::ClientKey Get(const std::string& key) {
    admin::v1::GetClientKeyRequest request;
    request.set_key(key);
    return *client_keys_.Get(request);
  }

  std::string id_;
};

TEST_F(ClientKeyRotationTest, WithAnOverlapBothLiveAndTheNewOneHasTheName) {
  auto rotated = Rotate("web", 3600);
  ASSERT_TRUE(rotated.ok()) << rotated.status();
  const std::string fresh = rotated->client_key().id();
  EXPECT_NE(fresh, id_);
  EXPECT_EQ(Get("web").id(), fresh);
  EXPECT_EQ(Get("web").methods(0), "POST");
  EXPECT_FALSE(Get("web").has_expires_at());
  const config::v1::ClientKey old = Get(id_);
  EXPECT_FALSE(old.has_revoked_at());
  EXPECT_EQ(old.replaced_by(), fresh);
  EXPECT_EQ(store::ToTime(old.expires_at()), clock_.Now() + absl::Hours(1));
}

TEST_F(ClientKeyRotationTest, AnEarlierEndStays) {
  admin::v1::UpdateClientKeyRequest update;
  update.set_key("web");
  *update.mutable_client_key()->mutable_expires_at() =
      store::ToTimestamp(clock_.Now() + absl::Minutes(1));
  update.mutable_update_mask()->add_paths("expires_at");
  ASSERT_TRUE(client_keys_.Update(By("Update"), update).ok());
  ASSERT_TRUE(Rotate("web", 3600).ok());
  EXPECT_EQ(store::ToTime(Get(id_).expires_at()), clock_.Now() + absl::Minutes(1));
}

TEST_F(ClientKeyRotationTest, WithoutAnOverlapTheOldOneIsRevoked) {
  ASSERT_TRUE(Rotate("web", 0).ok());
  EXPECT_TRUE(Get(id_).has_revoked_at());
  EXPECT_TRUE(Get(id_).replaced_by().empty());
}

TEST_F(ClientKeyRotationTest, AReplacedKeyCanBeRevokedAndNothingElse) {
  ASSERT_TRUE(Rotate("web", 3600).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(Rotate(id_, 60).status()));
  admin::v1::UpdateClientKeyRequest update;
  update.set_key(id_);
  update.mutable_update_mask()->add_paths("expires_at");
  EXPECT_TRUE(absl::IsFailedPrecondition(client_keys_.Update(By("Update"), update).status()));
  admin::v1::RevokeClientKeyRequest revoke;
  revoke.set_key(id_);
  EXPECT_TRUE(client_keys_.Revoke(By("Revoke"), revoke).ok());
  EXPECT_TRUE(Get(id_).has_revoked_at());
  EXPECT_FALSE(Get("web").has_revoked_at());
}

TEST_F(ClientKeyRotationTest, ItCanRotateAgainWhileTheFirstStillRunsOut) {
  ASSERT_TRUE(Rotate("web", 3600).ok());
  ASSERT_TRUE(Rotate("web", 3600).ok());
  EXPECT_EQ(client_keys_.List({})->client_keys_size(), 3);
}

TEST_F(ClientKeyRotationTest, AnOverlapIsBounded) {
  EXPECT_TRUE(absl::IsInvalidArgument(Rotate("web", -1).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Rotate("web", 400 * 24 * 3600).status()));
}

TEST_F(ClientKeyRotationTest, ARevocationCanCutEvenAfterwards) {
  admin::v1::RevokeClientKeyRequest revoke;
  revoke.set_key(id_);
  auto first = client_keys_.Revoke(By("Revoke"), revoke);
  ASSERT_TRUE(first.ok());
  revoke.set_cut_streams(true);
  auto second = client_keys_.Revoke(By("Revoke"), revoke);
  ASSERT_TRUE(second.ok());
  EXPECT_GT(second->revision(), first->revision());
  EXPECT_TRUE(second->client_key().cut_streams());
  EXPECT_EQ(client_keys_.Revoke(By("Revoke"), revoke)->revision(), second->revision());
}

}  // namespace
}  // namespace sluice::ops
