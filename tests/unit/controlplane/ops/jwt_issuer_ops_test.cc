#include "controlplane/ops/jwt_issuer_ops.h"

#include "absl/strings/escaping.h"
#include "controlplane/ops/declaration_ops.h"
#include "controlplane/ops/revision_ops.h"
#include "controlplane/ops/secret_ops.h"
#include "controlplane/publish/resource_bytes.h"
#include "tests/support/token_signer.h"
#include "tests/unit/controlplane/ops/ops_fixture.h"

namespace sluice::ops {
namespace {

using config::v1::JwtIssuer;
using store::ResourceKind;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kCanary[] = "canary of at least thirty-two bytes";
constexpr char kOther[] = "canary of thirty-two bytes, the next";

class JwtIssuerOpsTest : public OpsFixture {
 protected:
  JwtIssuerOpsTest() : issuers_(path_, sealer_) { EXPECT_TRUE(CreateProvider("openai").ok()); }

  static admin::v1::CreateJwtIssuerRequest Batch(const std::string& name = "batch") {
    admin::v1::CreateJwtIssuerRequest request;
    JwtIssuer& issuer = *request.mutable_jwt_issuer();
    issuer.set_name(name);
    issuer.set_issuer("https://" + name);
    issuer.add_audiences("sluice");
    issuer.add_algorithms(config::v1::JWT_ALGORITHM_HS256);
    request.set_hs256_secret(kCanary);
    return request;
  }
  absl::Status Create(const admin::v1::CreateJwtIssuerRequest& request) {
    const auto made = issuers_.Create(By("CreateJwtIssuer"), request);
    if (made.ok()) {
      EXPECT_THAT(made->DebugString(), Not(HasSubstr("canary")));
    }
    EXPECT_THAT(MessageOf(made.status()), Not(HasSubstr("canary")));
    return made.status();
  }
  admin::v1::UpdateJwtIssuerRequest UpdateOf(const std::vector<std::string>& paths) {
    admin::v1::UpdateJwtIssuerRequest request;
    request.mutable_jwt_issuer()->set_name("batch");
    for (const std::string& path : paths) request.mutable_update_mask()->add_paths(path);
    return request;
  }
  absl::Status Update(const admin::v1::UpdateJwtIssuerRequest& request) {
    return issuers_.Update(By("UpdateJwtIssuer"), request).status();
  }
  absl::Status Delete(const std::string& name) {
    admin::v1::DeleteJwtIssuerRequest request;
    request.set_name(name);
    return issuers_.Delete(By("DeleteJwtIssuer"), request).status();
  }
  std::optional<store::ResourceRow> Row(const std::string& name = "batch") {
    return *(*store_->Read())->rows().FindById(ResourceKind::kJwtIssuer, name);
  }
  // What nodes are sent of it.
  std::string PublishedSecret(const sealing::Sealer& sealer) {
    const auto bytes = publish::ResourceBytes(*Row(), sealer);
    if (!bytes.ok()) return MessageOf(bytes.status());
    config::v1::JwtIssuerEntry entry;
    EXPECT_TRUE(entry.ParseFromString(std::string((*bytes)->Reveal())));
    EXPECT_EQ(entry.issuer().name(), "batch");
    return entry.hs256_secret();
  }
  std::string PublishedSecret() { return PublishedSecret(sealer_); }

  JwtIssuerOps issuers_;
};

TEST_F(JwtIssuerOpsTest, TheSecretIsSealedAndOnlyNodesGetIt) {
  ASSERT_TRUE(Create(Batch()).ok());
  EXPECT_THAT(Row()->material, Not(HasSubstr("canary")));
  EXPECT_FALSE(Row()->material.empty());
  EXPECT_EQ(PublishedSecret(), kCanary);
  const auto listed = issuers_.List();
  ASSERT_EQ(listed->jwt_issuers_size(), 1);
  EXPECT_EQ(listed->jwt_issuers(0).name(), "batch");
  EXPECT_TRUE(listed->jwt_issuers(0).has_created_at());
  EXPECT_THAT(listed->DebugString(), Not(HasSubstr("canary")));
  EXPECT_THAT(history_.ListAudit({})->DebugString(), Not(HasSubstr("canary")));
}

TEST_F(JwtIssuerOpsTest, RefusesWhatNodesWouldRefuse) {
  auto request = Batch();
  request.clear_hs256_secret();
  EXPECT_TRUE(absl::IsInvalidArgument(Create(request)));
  request.set_hs256_secret("canary");
  EXPECT_TRUE(absl::IsInvalidArgument(Create(request)));
  request = Batch();
  request.mutable_jwt_issuer()->add_providers("none");
  EXPECT_THAT(MessageOf(Create(request)), HasSubstr("provider \"none\" does not exist"));
  ASSERT_TRUE(Create(Batch()).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(Create(Batch())));
  request = Batch("second");
  request.mutable_jwt_issuer()->set_issuer("https://batch");
  const absl::Status taken = Create(request);
  EXPECT_TRUE(absl::IsAlreadyExists(taken));
  EXPECT_THAT(MessageOf(taken), HasSubstr("is that of jwt issuer \"batch\""));
}

TEST_F(JwtIssuerOpsTest, AnUpdateReplacesWhatTheMaskNames) {
  ASSERT_TRUE(Create(Batch()).ok());
  const std::string material = Row()->material;
  EXPECT_TRUE(absl::IsInvalidArgument(Update(UpdateOf({}))));
  EXPECT_TRUE(absl::IsInvalidArgument(Update(UpdateOf({"name"}))));
  EXPECT_TRUE(absl::IsInvalidArgument(Update(UpdateOf({"created_at"}))));
  auto request = UpdateOf({"methods"});
  request.mutable_jwt_issuer()->add_methods("POST");
  ASSERT_TRUE(Update(request).ok());
  EXPECT_EQ(Row()->material, material) << "what is not given stays as it lies";
  EXPECT_EQ(PublishedSecret(), kCanary);
  request = UpdateOf({});
  request.set_hs256_secret(kOther);
  ASSERT_TRUE(Update(request).ok());
  EXPECT_EQ(PublishedSecret(), kOther);
  const std::string second = Row()->material;
  const int64_t revision = Revision();
  ASSERT_TRUE(Update(request).ok());
  EXPECT_EQ(Row()->material, second);
  EXPECT_EQ(Revision(), revision) << "the same once more is no change";
}

TEST_F(JwtIssuerOpsTest, ASecretGoesWithItsAlgorithm) {
  ASSERT_TRUE(Create(Batch()).ok());
  auto request = UpdateOf({"algorithms", "jwks"});
  request.mutable_jwt_issuer()->set_jwks(test::JwksOf({test::TokenSigner::P256().Jwk()}));
  ASSERT_TRUE(Update(request).ok());
  EXPECT_EQ(Row()->material, "");
  EXPECT_EQ(PublishedSecret(), "");
  request.set_hs256_secret(kOther);
  EXPECT_TRUE(absl::IsInvalidArgument(Update(request)));
}

TEST_F(JwtIssuerOpsTest, AProviderThatItNamesStays) {
  auto request = Batch();
  request.mutable_jwt_issuer()->add_providers("openai");
  ASSERT_TRUE(Create(request).ok());
  admin::v1::DeleteProviderRequest gone;
  gone.set_name("openai");
  const absl::Status refused = providers_.Delete(By("DeleteProvider"), gone).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused));
  EXPECT_THAT(MessageOf(refused), HasSubstr("is named by jwt issuer batch"));
  EXPECT_TRUE(absl::IsNotFound(Delete("none")));
  ASSERT_TRUE(Delete("batch").ok());
  EXPECT_FALSE(Row().has_value());
  EXPECT_TRUE(providers_.Delete(By("DeleteProvider"), gone).ok());
}

// What was sealed for one does not open for another that is made in its place.
TEST_F(JwtIssuerOpsTest, SealedBytesAreBoundToTheirIssuer) {
  ASSERT_TRUE(Create(Batch()).ok());
  const store::ResourceRow first = *Row();
  ASSERT_TRUE(Delete("batch").ok());
  clock_.now += absl::Seconds(1);
  ASSERT_TRUE(Create(Batch()).ok());
  store::ResourceRow swapped = *Row();
  swapped.material = first.material;
  const auto bytes = publish::ResourceBytes(swapped, sealer_);
  EXPECT_TRUE(absl::IsDataLoss(bytes.status())) << bytes.status();
}

TEST_F(JwtIssuerOpsTest, ARollbackBringsItBackWithItsSecret) {
  ASSERT_TRUE(Create(Batch()).ok());
  const int64_t then = Revision();
  auto request = UpdateOf({});
  request.set_hs256_secret(kOther);
  ASSERT_TRUE(Update(request).ok());
  RevisionOps revisions(path_, sealer_);
  admin::v1::DiffRevisionsRequest diff;
  diff.set_from_revision(then);
  diff.set_to_revision(Revision());
  const auto differs = revisions.Diff(diff);
  ASSERT_TRUE(differs.ok()) << differs.status();
  EXPECT_THAT(differs->DebugString(), HasSubstr("kind: \"jwt issuer\""));
  EXPECT_THAT(differs->DebugString(), HasSubstr("field: \"secret\""));
  EXPECT_THAT(differs->DebugString(), Not(HasSubstr("canary")));
  ASSERT_TRUE(Delete("batch").ok());
  admin::v1::RollbackRequest back;
  back.set_to_revision(then);
  const auto rolled = revisions.Rollback(By("Rollback"), back);
  ASSERT_TRUE(rolled.ok()) << rolled.status();
  EXPECT_EQ(PublishedSecret(), kCanary);
}

TEST_F(JwtIssuerOpsTest, TheSecretComesUnderTheNewestMasterKey) {
  ASSERT_TRUE(Create(Batch()).ok());
  const auto keys_of = [](const std::string& fills) {
    std::string text;
    for (const char fill : fills) text += absl::Base64Escape(std::string(32, fill)) + "\n";
    return *sealing::MasterKeys::Parse(text, "text");
  };
  const sealing::Sealer newest(keys_of("n")), rotating(keys_of("kn"));  // 'k' is the fixture's
  SecretOps secrets(*store_, rotating, {"key_check", "master_key_id"}, clock_);
  SecretOps::Rotation rotation(secrets, By("RotateMasterKey"));
  for (;;) {
    const auto progress = rotation.Next();
    ASSERT_TRUE(progress.ok()) << progress.status();
    if (progress->done()) break;
  }
  EXPECT_EQ(PublishedSecret(newest), kCanary);
  EXPECT_THAT(PublishedSecret(), HasSubstr("which is not there"));
}

TEST_F(JwtIssuerOpsTest, ADeclarationMakesChangesAndPrunes) {
  DeclarationOps declarations(path_, sealer_);
  const auto apply = [&](const admin::v1::ApplyConfigurationRequest& request) {
    const auto applied = declarations.Apply(By("ApplyConfiguration"), request);
    EXPECT_THAT(applied.ok() ? applied->DebugString() : MessageOf(applied.status()),
                Not(HasSubstr("canary")));
    return applied.status();
  };
  admin::v1::ApplyConfigurationRequest request;
  auto* declared = request.add_jwt_issuers();
  *declared->mutable_issuer() = Batch().jwt_issuer();
  EXPECT_TRUE(absl::IsInvalidArgument(apply(request))) << "new, and without its secret";
  declared->set_hs256_secret(kCanary);
  ASSERT_TRUE(apply(request).ok());
  EXPECT_EQ(PublishedSecret(), kCanary);
  const store::ResourceRow made = *Row();
  declared->clear_hs256_secret();
  clock_.now += absl::Hours(1);
  ASSERT_TRUE(apply(request).ok());
  EXPECT_EQ(Row()->revision, made.revision) << "nothing differs";
  declared->mutable_issuer()->add_methods("GET");
  ASSERT_TRUE(apply(request).ok());
  EXPECT_EQ(Row()->material, made.material);
  const auto exported = declarations.Export();
  ASSERT_EQ(exported->jwt_issuers_size(), 1);
  EXPECT_EQ(exported->jwt_issuers(0).methods(0), "GET");
  EXPECT_THAT(exported->DebugString(), Not(HasSubstr("canary")));
  *request.add_jwt_issuers() = *declared;
  EXPECT_THAT(MessageOf(apply(request)), HasSubstr("jwt issuer \"batch\" is declared twice"));
  request.clear_jwt_issuers();
  ASSERT_TRUE(apply(request).ok());
  EXPECT_TRUE(Row().has_value()) << "what is not named stays";
  request.set_prune(true);
  ASSERT_TRUE(apply(request).ok());
  EXPECT_FALSE(Row().has_value());
}

}  // namespace
}  // namespace sluice::ops
