// Provider keys whose text stands elsewhere.
#include <map>

#include "controlplane/ops/provider_key_refresh.h"
#include "controlplane/ops/revision_ops.h"
#include "tests/unit/controlplane/ops/ops_fixture.h"

namespace sluice::ops {
namespace {

using admin::v1::RefreshProviderKeysResponse;
using store::ResourceKind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ProviderKeyReferenceTest : public OpsFixture {
 protected:
  ProviderKeyReferenceTest() { EXPECT_TRUE(CreateProvider("a").ok()); }

  ReferenceReader Reader() {
    return [this](const config::v1::SecretReference& reference) -> absl::StatusOr<base::Secret> {
      ++reads_;
      const auto found = variables_.find(reference.env());
      if (found == variables_.end()) {
        return absl::NotFoundError("the variable " + reference.env() + " is not set");
      }
      return base::Secret(found->second);
    };
  }
  absl::StatusOr<admin::v1::CreateProviderKeyResponse> Create(
      const std::string& name, const std::string& variable,
      access::Role role = access::Role::kOwner, const std::string& secret = "") {
    admin::v1::CreateProviderKeyRequest request;
    request.set_provider("a");
    request.set_name(name);
    request.set_secret(secret);
    request.mutable_reference()->set_env(variable);
    Caller caller = By("CreateProviderKey");
    caller.principal.role = role;
    return keys_.Create(caller, request);
  }
  admin::v1::UpdateProviderKeyRequest UpdateOf(const std::string& name) {
    admin::v1::UpdateProviderKeyRequest request;
    request.mutable_ref()->set_provider("a");
    request.mutable_ref()->set_name(name);
    return request;
  }
  absl::StatusOr<RefreshProviderKeysResponse> Refresh(const std::string& name = "") {
    admin::v1::RefreshProviderKeysRequest request;
    if (!name.empty()) {
      request.mutable_ref()->set_provider("a");
      request.mutable_ref()->set_name(name);
    }
    return refresh_.Refresh(By("RefreshProviderKeys"), request);
  }
  config::v1::ProviderKey KeyOf(const std::string& name) {
    return *store::Decode<config::v1::ProviderKey>(
        **(*store_->Read())->rows().FindByName(ResourceKind::kProviderKey, "a/" + name));
  }
  std::string TextOf(const std::string& name) {
    const auto row = (*store_->Read())->rows().FindByName(ResourceKind::kProviderKey, "a/" + name);
    const auto key = store::Decode<config::v1::ProviderKey>(**row);
    return std::string(sealer_.Open(sealing::PlaceOf(*key), (*row)->material)->Reveal());
  }

  std::map<std::string, std::string> variables_ = {{"ONE", "sk-1"}, {"TWO", "sk-2"}};
  int reads_ = 0;
  ProviderKeyOps keys_{path_, sealer_, Reader()};
  ProviderKeyRefresh refresh_{path_, sealer_, Reader()};
};

TEST_F(ProviderKeyReferenceTest, IsReadWhenTheKeyIsMade) {
  const auto made = Create("main", "ONE");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->provider_key().reference().env(), "ONE");
  EXPECT_EQ(made->provider_key().generation(), 1);
  EXPECT_EQ(TextOf("main"), "sk-1");
  EXPECT_THAT(made->DebugString(), Not(HasSubstr("sk-1")));
}

TEST_F(ProviderKeyReferenceTest, WhatLeadsNowhereMakesNoKey) {
  const int64_t revision = Revision();
  EXPECT_THAT(MessageOf(Create("main", "NONE").status()), HasSubstr("NONE is not set"));
  EXPECT_THAT(MessageOf(Create("main", "not a name").status()), HasSubstr("reference.env"));
  EXPECT_THAT(MessageOf(Create("main", "ONE", access::Role::kOwner, "sk-x").status()),
              HasSubstr("not both"));
  variables_["BAD"] = "sk bad";
  const absl::Status bad = Create("main", "BAD").status();
  EXPECT_TRUE(absl::IsInvalidArgument(bad)) << bad;
  EXPECT_THAT(MessageOf(bad), Not(HasSubstr("sk bad")));
  EXPECT_EQ(Revision(), revision);
}

TEST_F(ProviderKeyReferenceTest, OnlyAnOwnerMayLetTheControlPlaneReadItsMachine) {
  const absl::Status refused = Create("main", "ONE", access::Role::kOperator).status();
  EXPECT_TRUE(absl::IsPermissionDenied(refused)) << refused;
  EXPECT_EQ(reads_, 0);
  ASSERT_TRUE(CreateProviderKey("a", "main", "sk-x").ok());
  auto update = UpdateOf("main");
  update.mutable_provider_key()->mutable_reference()->set_env("ONE");
  update.mutable_update_mask()->add_paths("reference");
  Caller caller = By("UpdateProviderKey");
  caller.principal.role = access::Role::kOperator;
  EXPECT_TRUE(absl::IsPermissionDenied(keys_.Update(caller, update).status()));
  // Nor part by part.
  update.mutable_update_mask()->set_paths(0, "reference.env");
  EXPECT_TRUE(absl::IsInvalidArgument(keys_.Update(caller, update).status()));
  EXPECT_EQ(TextOf("main"), "sk-x");
  EXPECT_EQ(reads_, 0);
}

TEST_F(ProviderKeyReferenceTest, AReferenceTakesTheTextsPlaceAndATextTheReferences) {
  ASSERT_TRUE(CreateProviderKey("a", "main", "sk-x").ok());
  auto update = UpdateOf("main");
  update.mutable_provider_key()->mutable_reference()->set_env("TWO");
  update.mutable_update_mask()->add_paths("reference");
  ASSERT_TRUE(keys_.Update(By("UpdateProviderKey"), update).ok());
  EXPECT_EQ(TextOf("main"), "sk-2");
  EXPECT_EQ(KeyOf("main").generation(), 2);
  auto give = UpdateOf("main");
  give.set_secret("sk-given");
  ASSERT_TRUE(keys_.Update(By("UpdateProviderKey"), give).ok());
  EXPECT_FALSE(KeyOf("main").has_reference());
  EXPECT_EQ(TextOf("main"), "sk-given");
  EXPECT_EQ(KeyOf("main").generation(), 3);
}

TEST_F(ProviderKeyReferenceTest, ARefreshStoresWhatHasChangedInOneRevision) {
  const std::string one = Create("one", "ONE")->provider_key().id();
  const std::string two = Create("two", "TWO")->provider_key().id();
  ASSERT_TRUE(CreateProviderKey("a", "given", "sk-x").ok());
  const int64_t revision = Revision();
  auto same = Refresh();
  ASSERT_TRUE(same.ok()) << same.status();
  EXPECT_THAT(same->changed(), IsEmpty());
  EXPECT_EQ(same->revision(), revision);
  variables_ = {{"ONE", "sk-1b"}, {"TWO", "sk-2b"}};
  auto both = Refresh();
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_EQ(both->changed_size(), 2);
  EXPECT_EQ(both->revision(), revision + 1);
  EXPECT_EQ(TextOf("one"), "sk-1b");
  EXPECT_EQ(TextOf("two"), "sk-2b");
  EXPECT_EQ(KeyOf("one").generation(), 2);
  EXPECT_THAT(history_.ListChanges({})->changes(0).summary(), HasSubstr("2 provider keys changed"));
}

TEST_F(ProviderKeyReferenceTest, WhatFailsKeepsItsTextAndIsSaid) {
  ASSERT_TRUE(Create("one", "ONE").ok());
  const std::string two = Create("two", "TWO")->provider_key().id();
  variables_ = {{"TWO", "sk-2b"}};
  auto some = Refresh();
  ASSERT_TRUE(some.ok()) << some.status();
  EXPECT_THAT(some->changed(), ElementsAre(two));
  EXPECT_THAT(some->failed(), ElementsAre(HasSubstr("provider key a/one: the variable ONE")));
  EXPECT_EQ(TextOf("one"), "sk-1");
  variables_ = {{"ONE", "sk bad"}, {"TWO", "sk-2b"}};
  some = Refresh();
  EXPECT_THAT(some->failed(), ElementsAre(HasSubstr("not printable")));
  EXPECT_THAT(some->failed(0), Not(HasSubstr("sk bad")));
  EXPECT_EQ(TextOf("one"), "sk-1");
}

TEST_F(ProviderKeyReferenceTest, OneKeyIsRefreshedByItself) {
  ASSERT_TRUE(Create("one", "ONE").ok());
  ASSERT_TRUE(Create("two", "TWO").ok());
  ASSERT_TRUE(CreateProviderKey("a", "given", "sk-x").ok());
  variables_ = {{"ONE", "sk-1b"}, {"TWO", "sk-2b"}};
  EXPECT_TRUE(Refresh("two").ok());
  EXPECT_EQ(TextOf("one"), "sk-1");
  EXPECT_EQ(TextOf("two"), "sk-2b");
  EXPECT_TRUE(absl::IsNotFound(Refresh("none").status()));
  EXPECT_THAT(MessageOf(Refresh("given").status()), HasSubstr("has no reference"));
}

TEST_F(ProviderKeyReferenceTest, WhatIsPastTheDeadlineIsNotRead) {
  ASSERT_TRUE(Create("one", "ONE").ok());
  reads_ = 0;
  auto late = refresh_.Refresh(By("Start"), {}, clock_.now);
  ASSERT_TRUE(late.ok()) << late.status();
  EXPECT_EQ(late->failed_size(), 1);
  EXPECT_EQ(reads_, 0);
}

// The nodes tell a new text from an old one by it, so that it must never count backwards.
TEST_F(ProviderKeyReferenceTest, ATextThatComesBackIsANewGeneration) {
  ASSERT_TRUE(CreateProviderKey("a", "main", "sk-first").ok());
  const int64_t first = Revision();
  auto give = UpdateOf("main");
  give.set_secret("sk-second");
  ASSERT_TRUE(keys_.Update(By("UpdateProviderKey"), give).ok());
  EXPECT_EQ(KeyOf("main").generation(), 2);
  ASSERT_TRUE(keys_.Update(By("UpdateProviderKey"), give).ok());
  EXPECT_EQ(KeyOf("main").generation(), 2) << "the same text";
  RevisionOps revisions(path_, sealer_);
  admin::v1::RollbackRequest rollback;
  rollback.set_to_revision(first);
  ASSERT_TRUE(revisions.Rollback(By("Rollback"), rollback).ok());
  EXPECT_EQ(TextOf("main"), "sk-first");
  EXPECT_EQ(KeyOf("main").generation(), 3);
}

}  // namespace
}  // namespace sluice::ops
