#include "controlplane/ops/revision_ops.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "tests/unit/controlplane/ops/ops_fixture.h"

namespace sluice::ops {
namespace {

using admin::v1::ResourceDiff;
using store::ResourceKind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class RevisionOpsTest : public OpsFixture {
 protected:
  void SetBaseUrl(const std::string& provider, const std::string& url) {
    admin::v1::UpdateProviderRequest request;
    request.mutable_provider()->set_name(provider);
    request.mutable_provider()->set_base_url(url);
    request.mutable_update_mask()->add_paths("base_url");
    auto updated = providers_.Update(By("UpdateProvider"), request);
    EXPECT_TRUE(updated.ok()) << updated.status();
  }
  void DeleteProvider(const std::string& name) {
    admin::v1::DeleteProviderRequest request;
    request.set_name(name);
    auto deleted = providers_.Delete(By("DeleteProvider"), request);
    EXPECT_TRUE(deleted.ok()) << deleted.status();
  }
  void SetRoutes(bool enabled) {
    admin::v1::UpdateSettingsRequest request;
    request.mutable_settings()->set_enable_passthrough_routes(enabled);
    request.mutable_update_mask()->add_paths("enable_passthrough_routes");
    EXPECT_TRUE(settings_.Update(By("UpdateSettings"), request).ok());
  }
  void Revoke(const std::string& key) {
    admin::v1::RevokeClientKeyRequest request;
    request.set_key(key);
    EXPECT_TRUE(client_keys_.Revoke(By("RevokeClientKey"), request).ok());
  }
  absl::StatusOr<admin::v1::RollbackResponse> Rollback(int64_t to, bool dry_run = false) {
    admin::v1::RollbackRequest request;
    request.set_to_revision(to);
    request.set_dry_run(dry_run);
    return revisions_.Rollback(By("Rollback"), request);
  }
  // "created provider a: name preset", one a resource.
  std::vector<std::string> Diff(int64_t from, int64_t to) {
    admin::v1::DiffRevisionsRequest request;
    request.set_from_revision(from);
    request.set_to_revision(to);
    auto response = revisions_.Diff(request);
    EXPECT_TRUE(response.ok()) << response.status();
    std::vector<std::string> lines;
    for (const ResourceDiff& resource : response->resources()) {
      std::string line = ResourceDiff::Action_Name(resource.action()) + " " + resource.kind() +
                         " " + resource.name() + ":";
      for (const auto& field : resource.fields()) line += " " + field.field();
      lines.push_back(line);
    }
    return lines;
  }
  std::string BaseUrlOf(const std::string& provider) {
    admin::v1::GetProviderRequest request;
    request.set_name(provider);
    auto found = providers_.Get(request);
    return found.ok() ? found->base_url() : MessageOf(found.status());
  }
  config::v1::ClientKey ClientKey(const std::string& id) {
    admin::v1::GetClientKeyRequest request;
    request.set_key(id);
    return *client_keys_.Get(request);
  }

  RevisionOps revisions_{path_, sealer_};
};

TEST_F(RevisionOpsTest, DiffNamesFieldsBothWays) {
  ASSERT_TRUE(CreateProvider("a").ok());  // 1
  SetBaseUrl("a", "https://one.example");
  SetBaseUrl("a", "https://two.example");
  ASSERT_TRUE(CreateProvider("b").ok());  // 4
  EXPECT_THAT(Diff(1, 4),
              ElementsAre("CHANGED provider a: base_url", "CREATED provider b: name preset"));
  EXPECT_THAT(Diff(4, 1),
              ElementsAre("CHANGED provider a: base_url", "DELETED provider b: name preset"));
  EXPECT_THAT(Diff(4, 4), IsEmpty());

  admin::v1::DiffRevisionsRequest request;
  request.set_from_revision(2);
  request.set_to_revision(3);
  const auto field = revisions_.Diff(request)->resources(0).fields(0);
  EXPECT_EQ(field.before(), "\"https://one.example\"");
  EXPECT_EQ(field.after(), "\"https://two.example\"");
}

TEST_F(RevisionOpsTest, DiffGoesDownIntoWhatOneSideLacks) {
  ASSERT_TRUE(CreateProvider("a").ok());  // 1
  admin::v1::UpdateProviderRequest request;
  request.mutable_provider()->set_name("a");
  (*request.mutable_provider()->mutable_labels())["team"] = "x";
  request.mutable_provider()->mutable_timeouts()->mutable_connect()->set_seconds(2);
  request.mutable_update_mask()->add_paths("labels");
  request.mutable_update_mask()->add_paths("timeouts");
  ASSERT_TRUE(providers_.Update(By("UpdateProvider"), request).ok());  // 2
  EXPECT_THAT(Diff(1, 2), ElementsAre("CHANGED provider a: labels.team timeouts.connect"));
  EXPECT_THAT(Diff(2, 1), ElementsAre("CHANGED provider a: labels.team timeouts.connect"));
}

TEST_F(RevisionOpsTest, WhatCameBackToWhatItWasIsNoDifference) {
  ASSERT_TRUE(CreateProvider("a").ok());
  SetRoutes(false);
  SetRoutes(true);
  ASSERT_TRUE(CreateProvider("b").ok());
  DeleteProvider("b");
  EXPECT_THAT(Diff(2, 2), IsEmpty());
  EXPECT_THAT(Diff(1, 2), ElementsAre("CHANGED settings settings: enable_passthrough_routes"));
  EXPECT_THAT(Diff(3, 5), IsEmpty());
}

TEST_F(RevisionOpsTest, DiffShowsASecretAsChangedOnly) {
  ASSERT_TRUE(CreateProvider("a").ok());
  auto created = CreateProviderKey("a", "main", "sk-canary-abcdefgh");
  ASSERT_TRUE(created.ok());
  admin::v1::UpdateProviderKeyRequest update;
  update.mutable_ref()->set_id(created->provider_key().id());
  update.set_secret("sk-canary-other-one");
  ASSERT_TRUE(provider_keys_.Update(By("UpdateProviderKey"), update).ok());
  EXPECT_THAT(Diff(2, 3), ElementsAre("CHANGED provider key a/main: generation secret"));
  admin::v1::DiffRevisionsRequest request;
  request.set_to_revision(3);
  EXPECT_THAT(revisions_.Diff(request)->DebugString(), Not(HasSubstr("canary")));
}

TEST_F(RevisionOpsTest, RollbackRestoresTheOldState) {
  ASSERT_TRUE(CreateProvider("a").ok());
  auto kept = CreateProviderKey("a", "main", "sk-canary-abcdefgh");
  ASSERT_TRUE(kept.ok());
  SetBaseUrl("a", "https://good.example");  // 3
  SetRoutes(false);
  ASSERT_TRUE(CreateProvider("b").ok());
  DeleteProvider("a");  // 6, with its key
  const int rings = bell_.rings;

  auto back = Rollback(3);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->revision(), 7);
  EXPECT_EQ(bell_.rings, rings + 1);
  EXPECT_EQ(BaseUrlOf("a"), "https://good.example");
  EXPECT_THAT(BaseUrlOf("b"), HasSubstr("there is no provider \"b\""));
  EXPECT_THAT(Diff(3, 7), IsEmpty());
  const auto row =
      (*(*store_->Read())->rows().FindById(ResourceKind::kProviderKey, kept->provider_key().id()));
  ASSERT_TRUE(row.has_value());
  EXPECT_TRUE(sealer_.Open({row->id, 1}, row->material)->Equals("sk-canary-abcdefgh"));
  EXPECT_EQ(history_.ListChanges({})->changes(0).summary(), "rolled back to revision 3");
}

TEST_F(RevisionOpsTest, RollbackNeverTakesARevocationBack) {
  ASSERT_TRUE(CreateProvider("a").ok());
  const std::string old_key = CreateClientKey("ci")->client_key().id();  // 2
  Revoke(old_key);
  const std::string new_key = CreateClientKey("ci")->client_key().id();  // 4: the name is free
  auto back = Rollback(2);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_THAT(back->still_revoked(), ElementsAre("ci"));
  EXPECT_TRUE(ClientKey(old_key).has_revoked_at());
  EXPECT_TRUE(ClientKey(new_key).has_revoked_at());
}

TEST_F(RevisionOpsTest, ANameTakenSinceIsGivenBackFirst) {
  ASSERT_TRUE(CreateProvider("a").ok());
  const std::string first =
      CreateProviderKey("a", "main", "sk-canary-abcdefgh")->provider_key().id();
  admin::v1::DeleteProviderKeyRequest request;
  request.mutable_ref()->set_id(first);
  ASSERT_TRUE(provider_keys_.Delete(By("DeleteProviderKey"), request).ok());
  ASSERT_TRUE(CreateProviderKey("a", "main", "sk-canary-other-one").ok());
  auto back = Rollback(2);
  ASSERT_TRUE(back.ok()) << back.status();
  admin::v1::GetProviderKeyRequest get;
  get.mutable_ref()->set_provider("a");
  get.mutable_ref()->set_name("main");
  EXPECT_EQ(provider_keys_.Get(get)->id(), first);
}

TEST_F(RevisionOpsTest, ADryRunChangesNothing) {
  ASSERT_TRUE(CreateProvider("a").ok());
  ASSERT_TRUE(CreateProvider("b").ok());
  auto rehearsal = Rollback(1, true);
  ASSERT_TRUE(rehearsal.ok()) << rehearsal.status();
  EXPECT_EQ(rehearsal->resources_size(), 1);
  EXPECT_EQ(rehearsal->revision(), 2);
  EXPECT_EQ(Revision(), 2);
}

TEST_F(RevisionOpsTest, ToTheNewestRevisionIsNoChange) {
  ASSERT_TRUE(CreateProvider("a").ok());
  auto back = Rollback(1);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->revision(), 1);
  EXPECT_EQ(bell_.rings, 1);
}

TEST_F(RevisionOpsTest, RevisionsThatDoNotExistAreNamed) {
  ASSERT_TRUE(CreateProvider("a").ok());
  for (int64_t revision : {-1, 0, 2}) {
    const absl::Status status = Rollback(revision).status();
    EXPECT_TRUE(absl::IsOutOfRange(status)) << status;
    EXPECT_THAT(MessageOf(status), HasSubstr(std::to_string(revision)));
  }
  admin::v1::DiffRevisionsRequest request;
  request.set_to_revision(2);
  EXPECT_EQ(MessageOf(revisions_.Diff(request).status()),
            "to_revision: there is no revision 2, the newest is 1");
}

TEST_F(RevisionOpsTest, ASecretThatDoesNotOpenIsNotRestored) {
  ASSERT_TRUE(CreateProvider("a").ok());
  ASSERT_TRUE(CreateProviderKey("a", "main", "sk-canary-abcdefgh").ok());
  DeleteProvider("a");
  const sealing::Sealer other(base::Secret(std::string(32, 'o')));
  RevisionOps with_other_key(path_, other);
  admin::v1::RollbackRequest request;
  request.set_to_revision(2);
  const absl::Status status = with_other_key.Rollback(By("Rollback"), request).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_EQ(Revision(), 3);
}

}  // namespace
}  // namespace sluice::ops
