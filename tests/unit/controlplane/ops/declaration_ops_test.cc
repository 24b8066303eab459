#include "controlplane/ops/declaration_ops.h"

#include <algorithm>

#include "common/crypto/digest.h"
#include "controlplane/store/timestamp.h"
#include "tests/unit/controlplane/ops/ops_fixture.h"

namespace sluice::ops {
namespace {

using admin::v1::ApplyConfigurationRequest;
using admin::v1::ApplyConfigurationResponse;
using admin::v1::ExportConfigurationResponse;
using admin::v1::ResourceDiff;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class DeclarationOpsTest : public OpsFixture {
 protected:
  DeclarationOpsTest() : declarations_(path_, sealer_) {}

  absl::StatusOr<ApplyConfigurationResponse> Apply(const ApplyConfigurationRequest& request) {
    return declarations_.Apply(By("ApplyConfiguration"), request);
  }
  ExportConfigurationResponse Export() {
    auto exported = declarations_.Export();
    EXPECT_TRUE(exported.ok()) << exported.status();
    return *std::move(exported);
  }
  // What an apply of an export asks for.
  ApplyConfigurationRequest Declared() {
    const ExportConfigurationResponse exported = Export();
    ApplyConfigurationRequest request;
    if (exported.has_settings()) *request.mutable_settings() = exported.settings();
    *request.mutable_providers() = exported.providers();
    for (const config::v1::ProviderKey& key : exported.provider_keys()) {
      auto* declared = request.add_provider_keys();
      declared->set_provider(key.provider());
      declared->set_name(key.name());
      if (key.has_enabled()) declared->set_enabled(key.enabled());
      if (key.has_weight()) declared->set_weight(key.weight());
    }
    *request.mutable_client_keys() = exported.client_keys();
    for (const auto& issuer : exported.jwt_issuers()) {
      *request.add_jwt_issuers()->mutable_issuer() = issuer;
    }
    return request;
  }
  // A configuration with one of everything.
  void Fill() {
    ASSERT_TRUE(CreateProvider("b").ok());
    ASSERT_TRUE(CreateProvider("a").ok());
    ASSERT_TRUE(CreateProviderKey("a", "main", "sk-canary-1").ok());
    ASSERT_TRUE(CreateClientKey("ci", {"a"}).ok());
    ASSERT_TRUE(CreateClientKey("app").ok());
    admin::v1::UpdateSettingsRequest settings;
    settings.mutable_settings()->set_enable_passthrough_routes(false);
    settings.mutable_update_mask()->add_paths("enable_passthrough_routes");
    ASSERT_TRUE(settings_.Update(By("UpdateSettings"), settings).ok());
  }
  static std::vector<std::string> Actions(const ApplyConfigurationResponse& response) {
    std::vector<std::string> actions;
    for (const ResourceDiff& diff : response.resources()) {
      actions.push_back(ResourceDiff::Action_Name(diff.action()) + " " + diff.kind() + " " +
                        diff.name());
    }
    return actions;
  }
  std::string SecretOf(const std::string& name) {
    auto row = (*store_->Read())->rows().FindByName(store::ResourceKind::kProviderKey, name);
    const auto key = store::Decode<config::v1::ProviderKey>(**row);
    auto secret = sealer_.Open(sealing::PlaceOf(*key), (*row)->material);
    EXPECT_TRUE(secret.ok()) << secret.status();
    return std::string(secret->Reveal());
  }
  void ExpectRefused(const ApplyConfigurationRequest& request, absl::StatusCode code,
                     const std::string& why) {
    const int64_t before = Revision();
    ApplyConfigurationRequest rehearsal = request;
    rehearsal.set_dry_run(true);
    for (const auto& attempt : {request, rehearsal}) {
      const absl::Status status = Apply(attempt).status();
      EXPECT_EQ(status.code(), code) << status;
      EXPECT_THAT(MessageOf(status), HasSubstr(why));
      EXPECT_THAT(MessageOf(status), Not(HasSubstr("canary")));
    }
    EXPECT_EQ(Revision(), before);
  }

  DeclarationOps declarations_;
};

TEST_F(DeclarationOpsTest, AnExportIsSortedAndHoldsNoSecret) {
  Fill();
  admin::v1::RevokeClientKeyRequest revoke;
  ASSERT_TRUE(CreateClientKey("gone").ok());
  revoke.set_key("gone");
  ASSERT_TRUE(client_keys_.Revoke(By("RevokeClientKey"), revoke).ok());
  const ExportConfigurationResponse exported = Export();
  EXPECT_EQ(exported.revision(), Revision());
  ASSERT_EQ(exported.providers_size(), 2);
  EXPECT_EQ(exported.providers(0).name(), "a");
  ASSERT_EQ(exported.client_keys_size(), 2);
  EXPECT_EQ(exported.client_keys(0).key().name(), "app");
  EXPECT_EQ(exported.client_keys(1).sha256().size(), 32u);
  EXPECT_FALSE(exported.settings().enable_passthrough_routes());
  EXPECT_THAT(exported.SerializeAsString(), Not(HasSubstr("canary")));
  EXPECT_EQ(exported.SerializeAsString(), Export().SerializeAsString());
}

TEST_F(DeclarationOpsTest, SettingsThatNobodySetAreNotExported) {
  EXPECT_FALSE(Export().has_settings());
}

TEST_F(DeclarationOpsTest, ApplyingAnExportChangesNothing) {
  Fill();
  const int64_t before = Revision();
  const int rings = bell_.rings;
  ApplyConfigurationRequest request = Declared();
  request.set_prune(true);
  const auto applied = Apply(request);
  ASSERT_TRUE(applied.ok()) << applied.status();
  EXPECT_THAT(Actions(*applied), IsEmpty());
  EXPECT_EQ(applied->revision(), before);
  EXPECT_EQ(Revision(), before);
  EXPECT_EQ(bell_.rings, rings);
}

TEST_F(DeclarationOpsTest, AnEmptyStoreTakesAWholeConfiguration) {
  Fill();
  ApplyConfigurationRequest request = Declared();
  request.mutable_provider_keys(0)->set_secret("sk-canary-2");
  const std::string exported = Export().SerializeAsString();

  store_ = store::NewStore(folder_.File("other.db"));
  WritePath path(*store_, clock_, bell_);
  DeclarationOps other(path, sealer_);
  const auto applied = other.Apply(By("ApplyConfiguration"), request);
  ASSERT_TRUE(applied.ok()) << applied.status();
  EXPECT_EQ(applied->revision(), 1) << "it must be one revision";
  EXPECT_THAT(Actions(*applied),
              ElementsAre("CHANGED settings settings", "CREATED provider a", "CREATED provider b",
                          "CREATED provider key a/main", testing::_, testing::_));
  EXPECT_EQ(SecretOf("a/main"), "sk-canary-2");
  auto again = other.Export();
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->client_keys(0).sha256(), request.client_keys(0).sha256());
  EXPECT_EQ(again->client_keys(0).key().id(), request.client_keys(0).key().id());
  HistoryOps history(*store_);
  EXPECT_EQ(history.ListChanges({})->changes(0).summary(),
            "declaration applied: 5 created, 1 changed");
  EXPECT_THAT(history.ListAudit({})->SerializeAsString(), Not(HasSubstr("canary")));
}

TEST_F(DeclarationOpsTest, ADryRunSaysTheSameAndWritesNothing) {
  Fill();
  ApplyConfigurationRequest request = Declared();
  request.mutable_providers(0)->set_base_url("https://x.example.com");
  request.mutable_provider_keys(0)->set_secret("sk-canary-2");
  request.mutable_settings()->clear_enable_passthrough_routes();
  const int64_t before = Revision();
  request.set_dry_run(true);
  const auto planned = Apply(request);
  ASSERT_TRUE(planned.ok()) << planned.status();
  EXPECT_EQ(planned->revision(), before);
  EXPECT_EQ(Revision(), before);
  request.set_dry_run(false);
  const auto applied = Apply(request);
  ASSERT_TRUE(applied.ok()) << applied.status();
  EXPECT_EQ(applied->revision(), before + 1);
  EXPECT_THAT(Actions(*applied), ElementsAre("CHANGED settings settings", "CHANGED provider a",
                                             "CHANGED provider key a/main"));
  EXPECT_EQ(Actions(*applied), Actions(*planned));
  const ResourceDiff& key = applied->resources(2);
  ASSERT_EQ(key.fields_size(), 2);
  EXPECT_EQ(key.fields(0).field(), "generation");
  EXPECT_EQ(key.fields(1).field(), "secret");
  EXPECT_THAT(applied->SerializeAsString(), Not(HasSubstr("canary")));
  EXPECT_EQ(SecretOf("a/main"), "sk-canary-2");
}

TEST_F(DeclarationOpsTest, WhatIsNotNamedStaysUnlessItIsPruned) {
  Fill();
  ApplyConfigurationRequest request = Declared();
  request.clear_provider_keys();
  request.mutable_providers()->DeleteSubrange(1, 1);
  request.mutable_client_keys()->DeleteSubrange(0, 1);
  const auto kept = Apply(request);
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_THAT(Actions(*kept), IsEmpty());
  request.set_prune(true);
  const auto pruned = Apply(request);
  ASSERT_TRUE(pruned.ok()) << pruned.status();
  EXPECT_THAT(Actions(*pruned), ElementsAre("DELETED provider b", "DELETED provider key a/main",
                                            "CHANGED client key app"));
  EXPECT_TRUE(client_keys_.List({})->client_keys_size() == 1);
  admin::v1::ListClientKeysRequest all;
  all.set_include_revoked(true);
  EXPECT_EQ(client_keys_.List(all)->client_keys_size(), 2) << "it must be revoked, not forgotten";
}

TEST_F(DeclarationOpsTest, ARevokedKeyStaysRevoked) {
  Fill();
  ApplyConfigurationRequest request = Declared();
  admin::v1::RevokeClientKeyRequest revoke;
  revoke.set_key("ci");
  ASSERT_TRUE(client_keys_.Revoke(By("RevokeClientKey"), revoke).ok());
  const int64_t before = Revision();
  const auto applied = Apply(request);
  ASSERT_TRUE(applied.ok()) << applied.status();
  EXPECT_THAT(Actions(*applied), ElementsAre("ACTION_UNSPECIFIED client key ci"));
  EXPECT_EQ(Revision(), before);
  EXPECT_EQ(client_keys_.List({})->client_keys_size(), 1);
}

TEST_F(DeclarationOpsTest, ARotatedKeyIsNotTakenForItsFormerSelf) {
  Fill();
  const ApplyConfigurationRequest request = Declared();
  admin::v1::RotateClientKeyRequest rotate;
  rotate.set_key("ci");
  ASSERT_TRUE(client_keys_.Rotate(By("RotateClientKey"), rotate).ok());
  ExpectRefused(request, absl::StatusCode::kFailedPrecondition,
                "client key \"ci\" is another key than the declared one");
  ApplyConfigurationRequest by_name = request;
  by_name.mutable_client_keys(1)->clear_sha256();
  by_name.mutable_client_keys(1)->mutable_key()->clear_id();
  by_name.mutable_client_keys(1)->mutable_key()->set_note("kept");
  const auto applied = Apply(by_name);
  ASSERT_TRUE(applied.ok()) << applied.status();
  EXPECT_THAT(Actions(*applied), ElementsAre("CHANGED client key ci"));
}

TEST_F(DeclarationOpsTest, TheDeclarationIsWhole) {
  Fill();
  ApplyConfigurationRequest request = Declared();
  *request.mutable_client_keys(1)->mutable_key()->mutable_expires_at() =
      store::ToTimestamp(clock_.now + absl::Hours(1));
  (*request.mutable_client_keys(1)->mutable_key()->mutable_labels())["team"] = "x";
  request.mutable_provider_keys(0)->set_enabled(false);
  request.mutable_providers(1)->set_enabled(false);
  ASSERT_TRUE(Apply(request).ok());
  const std::string changed = Export().SerializeAsString();
  // What is not said any more is not so any more.
  request.mutable_client_keys(1)->mutable_key()->clear_expires_at();
  request.mutable_client_keys(1)->mutable_key()->clear_labels();
  request.mutable_provider_keys(0)->clear_enabled();
  request.mutable_providers(1)->clear_enabled();
  const auto applied = Apply(request);
  ASSERT_TRUE(applied.ok()) << applied.status();
  EXPECT_THAT(Actions(*applied), ElementsAre("CHANGED provider b", "CHANGED provider key a/main",
                                             "CHANGED client key ci"));
  EXPECT_NE(Export().SerializeAsString(), changed);
  EXPECT_EQ(SecretOf("a/main"), "sk-canary-1");
}

TEST_F(DeclarationOpsTest, WhatCannotBeIsRefusedAsAWhole) {
  Fill();
  using Code = absl::StatusCode;
  const ApplyConfigurationRequest good = Declared();
  ApplyConfigurationRequest bad = good;
  bad.mutable_providers(0)->set_preset("anthropic");
  ExpectRefused(bad, Code::kFailedPrecondition, "provider \"a\" has preset \"openai\"");
  bad = good;
  *bad.add_providers() = good.providers(0);
  ExpectRefused(bad, Code::kInvalidArgument, "provider \"a\" is declared twice");
  bad = good;
  bad.mutable_providers(0)->set_base_url("ftp://x");
  bad.mutable_settings()->set_max_header_fields(1);
  ExpectRefused(bad, Code::kInvalidArgument, "base_url");
  ExpectRefused(bad, Code::kInvalidArgument, "max_header_fields");
  bad = good;
  auto* key = bad.add_provider_keys();
  key->set_provider("a");
  key->set_name("second");
  ExpectRefused(bad, Code::kInvalidArgument, "provider key \"a/second\" is new, and there is no");
  key->set_secret("canary with spaces");
  ExpectRefused(bad, Code::kInvalidArgument, "provider key \"a/second\": the key itself");
  key->set_secret("sk-canary");
  key->set_provider("nobody");
  ExpectRefused(bad, Code::kInvalidArgument, "provider \"nobody\" does not exist");
  bad = good;
  *bad.add_provider_keys() = good.provider_keys(0);
  ExpectRefused(bad, Code::kInvalidArgument, "provider key \"a/main\" is declared twice");
  bad = good;
  *bad.add_client_keys() = good.client_keys(0);
  ExpectRefused(bad, Code::kInvalidArgument, "client key \"app\" is declared twice");
  bad = good;
  bad.add_client_keys()->mutable_key()->set_name("new");
  ExpectRefused(bad, Code::kInvalidArgument, "client key \"new\" is new: it must have the id");
  bad = good;
  bad.mutable_client_keys(0)->mutable_key()->set_name("renamed");
  ExpectRefused(bad, Code::kFailedPrecondition, "has the id of client key \"app\"");
  bad = good;
  bad.mutable_client_keys(0)->set_sha256(std::string(32, 'x'));
  ExpectRefused(bad, Code::kFailedPrecondition, "is another key than the declared one");
  // A provider that a client key names cannot be pruned from under it.
  bad = good;
  bad.clear_provider_keys();
  bad.mutable_providers()->DeleteSubrange(0, 1);
  bad.set_prune(true);
  ExpectRefused(bad, Code::kInvalidArgument, "client key \"ci\": provider \"a\" does not exist");
}

TEST_F(DeclarationOpsTest, ANewKeyMustBeWholeAndItsOwn) {
  Fill();
  using Code = absl::StatusCode;
  ApplyConfigurationRequest request = Declared();
  const std::string sha256_of_another = request.client_keys(0).sha256();
  auto* key = request.add_client_keys();
  key->mutable_key()->set_name("new");
  key->mutable_key()->set_id("newid");
  key->set_sha256("short");
  ExpectRefused(request, Code::kInvalidArgument, "sha256 has 5 bytes");
  key->set_sha256(sha256_of_another);
  ExpectRefused(request, Code::kInvalidArgument, "sha256 is that of another key");
  key->set_sha256(std::string(32, 'n'));
  key->mutable_key()->set_id("Not An Id");
  ExpectRefused(request, Code::kInvalidArgument, "id");
  key->mutable_key()->set_id("newid");
  key->mutable_key()->set_name(request.client_keys(0).key().id());
  ExpectRefused(request, Code::kFailedPrecondition, "the name is the id of another key");
  key->mutable_key()->set_name("new");
  EXPECT_TRUE(Apply(request).ok());
}

TEST_F(DeclarationOpsTest, ANameThatIsPrunedIsFreeForAnother) {
  Fill();
  ApplyConfigurationRequest request = Declared();
  request.set_prune(true);
  admin::v1::RotateClientKeyRequest rotate;
  rotate.set_key("app");
  ASSERT_TRUE(client_keys_.Rotate(By("RotateClientKey"), rotate).ok());
  // The first of the two `app`s goes, and its name is declared for a third key: refused, because
  // by the name it is the second that is meant.
  auto* key = request.mutable_client_keys(0);
  key->mutable_key()->set_id("third");
  key->set_sha256(std::string(32, '3'));
  ExpectRefused(request, absl::StatusCode::kFailedPrecondition, "is another key");
}

TEST_F(DeclarationOpsTest, TheLoserOfTwoWritersIsTold) {
  Fill();
  ApplyConfigurationRequest request = Declared();
  request.mutable_providers(0)->set_base_url("https://x.example.com");
  request.set_expected_revision(Revision());
  ASSERT_TRUE(CreateProvider("meanwhile").ok());
  ExpectRefused(request, absl::StatusCode::kAborted, "conflict: revision 6 was expected");
  request.set_expected_revision(Revision());
  EXPECT_TRUE(Apply(request).ok());
}

TEST_F(DeclarationOpsTest, ASecretThatDoesNotOpenStopsItUnlessItIsReplaced) {
  Fill();
  ApplyConfigurationRequest request = Declared();
  sealing::Sealer other(base::Secret(std::string(32, 'x')));
  DeclarationOps with_other_key(path_, other);
  EXPECT_TRUE(absl::IsDataLoss(with_other_key.Apply(By("A"), request).status()));
  request.mutable_provider_keys(0)->set_secret("sk-canary-3");
  EXPECT_TRUE(with_other_key.Apply(By("A"), request).ok());
}

}  // namespace
}  // namespace sluice::ops
