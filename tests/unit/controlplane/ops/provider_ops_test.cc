#include "controlplane/ops/provider_ops.h"

#include <gmock/gmock.h>

#include "tests/unit/controlplane/ops/ops_fixture.h"

namespace sluice::ops {
namespace {

using ::testing::HasSubstr;

class ProviderOpsTest : public OpsFixture {
 protected:
  absl::StatusOr<admin::v1::UpdateProviderResponse> Update(const config::v1::Provider& provider,
                                                           std::vector<std::string> paths) {
    admin::v1::UpdateProviderRequest request;
    *request.mutable_provider() = provider;
    for (const std::string& path : paths) request.mutable_update_mask()->add_paths(path);
    return providers_.Update(By("UpdateProvider"), request);
  }
  absl::StatusOr<admin::v1::DeleteProviderResponse> Delete(const std::string& name) {
    admin::v1::DeleteProviderRequest request;
    request.set_name(name);
    return providers_.Delete(By("DeleteProvider"), request);
  }
  config::v1::Provider Named(const std::string& name) {
    config::v1::Provider provider;
    provider.set_name(name);
    return provider;
  }
};

TEST_F(ProviderOpsTest, ACreatedProviderIsListedAndRings) {
  auto created = CreateProvider("openai-east");
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->revision(), 1);
  EXPECT_EQ(bell_.newest, 1);
  auto listed = providers_.List();
  ASSERT_EQ(listed->providers_size(), 1);
  EXPECT_EQ(listed->providers(0).name(), "openai-east");
  EXPECT_EQ(listed->revision(), 1);
}

TEST_F(ProviderOpsTest, ANameCanBeTakenOnce) {
  ASSERT_TRUE(CreateProvider("a").ok());
  EXPECT_TRUE(absl::IsAlreadyExists(CreateProvider("a").status()));
  EXPECT_EQ(bell_.rings, 1);
}

TEST_F(ProviderOpsTest, ABadProviderIsRefusedByFieldAndNothingIsWritten) {
  admin::v1::CreateProviderRequest request;
  request.mutable_provider()->set_name("x");
  request.mutable_provider()->set_preset("no-such-preset");
  const absl::Status status = providers_.Create(By("CreateProvider"), request).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(MessageOf(status), HasSubstr("no-such-preset"));
  request.mutable_provider()->set_preset("openai");
  request.mutable_provider()->set_base_url("file:///etc/passwd");
  EXPECT_TRUE(absl::IsInvalidArgument(providers_.Create(By("CreateProvider"), request).status()));
  EXPECT_EQ(Revision(), 0);
  EXPECT_EQ(bell_.rings, 0);
}

TEST_F(ProviderOpsTest, AnUpdateReplacesWhatTheMaskNames) {
  ASSERT_TRUE(CreateProvider("a").ok());
  config::v1::Provider provider = Named("a");
  provider.set_base_url("https://example.com/v1");
  provider.set_enabled(false);
  provider.mutable_timeouts()->mutable_connect()->set_seconds(7);
  auto updated = Update(provider, {"base_url", "timeouts.connect"});
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->revision(), 2);
  EXPECT_EQ(updated->provider().base_url(), "https://example.com/v1");
  EXPECT_FALSE(updated->provider().has_enabled());
  EXPECT_EQ(updated->provider().timeouts().connect().seconds(), 7);
  EXPECT_EQ(updated->provider().preset(), "openai");
  // Absent in the request: absent afterwards.
  updated = Update(Named("a"), {"base_url"});
  ASSERT_TRUE(updated.ok());
  EXPECT_FALSE(updated->provider().has_base_url());
}

TEST_F(ProviderOpsTest, AnUpdateThatChangesNothingAddsNoRevision) {
  ASSERT_TRUE(CreateProvider("a").ok());
  auto updated = Update(Named("a"), {"base_url", "labels", "timeouts.connect"});
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->revision(), 1);
  EXPECT_EQ(bell_.rings, 1);
}

TEST_F(ProviderOpsTest, MasksAreChecked) {
  ASSERT_TRUE(CreateProvider("a").ok());
  for (const char* path :
       {"nonsense", "timeouts.nonsense", "roots.prefix", "name", "preset", "", "*"}) {
    const absl::Status status = Update(Named("a"), {path}).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << path;
    EXPECT_THAT(MessageOf(status), HasSubstr("\"" + std::string(path) + "\""));
  }
  EXPECT_TRUE(absl::IsInvalidArgument(Update(Named("a"), {}).status()));
  EXPECT_TRUE(absl::IsNotFound(Update(Named("b"), {"base_url"}).status()));
  EXPECT_EQ(Revision(), 1);
}

TEST_F(ProviderOpsTest, AnExpectedRevisionMustBeTheNewest) {
  ASSERT_TRUE(CreateProvider("a").ok());
  admin::v1::CreateProviderRequest request;
  *request.mutable_provider() = Named("b");
  request.mutable_provider()->set_preset("openai");
  request.set_expected_revision(0);
  const absl::Status status = providers_.Create(By("CreateProvider"), request).status();
  EXPECT_TRUE(absl::IsAborted(status)) << status;
  EXPECT_THAT(MessageOf(status), HasSubstr("revision 0 was expected, but the newest is 1"));
  request.set_expected_revision(1);
  EXPECT_TRUE(providers_.Create(By("CreateProvider"), request).ok());
}

TEST_F(ProviderOpsTest, DeletingTakesTheKeysAlongInOneRevision) {
  ASSERT_TRUE(CreateProvider("a").ok());
  ASSERT_TRUE(CreateProvider("b").ok());
  ASSERT_TRUE(CreateProviderKey("a", "one", "sk-1").ok());
  ASSERT_TRUE(CreateProviderKey("a", "two", "sk-2").ok());
  ASSERT_TRUE(CreateProviderKey("b", "one", "sk-3").ok());
  auto deleted = Delete("a");
  ASSERT_TRUE(deleted.ok()) << deleted.status();
  EXPECT_EQ(deleted->revision(), 6);
  auto keys = provider_keys_.List({});
  ASSERT_EQ(keys->provider_keys_size(), 1);
  EXPECT_EQ(keys->provider_keys(0).provider(), "b");
  EXPECT_TRUE(absl::IsNotFound(Delete("a").status()));
}

TEST_F(ProviderOpsTest, AProviderThatClientKeysNameStays) {
  ASSERT_TRUE(CreateProvider("a").ok());
  auto key = CreateClientKey("app", {"a"});
  ASSERT_TRUE(key.ok()) << key.status();
  const absl::Status status = Delete("a").status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(MessageOf(status), HasSubstr("app"));
  admin::v1::RevokeClientKeyRequest revoke;
  revoke.set_key("app");
  ASSERT_TRUE(client_keys_.Revoke(By("RevokeClientKey"), revoke).ok());
  EXPECT_TRUE(Delete("a").ok());
}

TEST_F(ProviderOpsTest, PresetsAreListed) {
  const admin::v1::ListPresetsResponse presets = providers_.ListPresets();
  EXPECT_GE(presets.presets_size(), 14);
  EXPECT_FALSE(presets.presets(0).name().empty());
}

TEST_F(ProviderOpsTest, HistorySaysWhoDidWhat) {
  ASSERT_TRUE(CreateProvider("a").ok());
  ASSERT_TRUE(Delete("a").ok());
  auto changes = history_.ListChanges({});
  ASSERT_EQ(changes->changes_size(), 2);
  EXPECT_EQ(changes->changes(0).revision(), 2);
  EXPECT_EQ(changes->changes(0).summary(), "provider a deleted");
  EXPECT_EQ(changes->changes(1).actor(), "alice");
  EXPECT_EQ(changes->changes(1).rpc(), "CreateProvider");
  admin::v1::ListChangesRequest request;
  request.set_limit(1001);
  EXPECT_TRUE(absl::IsInvalidArgument(history_.ListChanges(request).status()));
}

}  // namespace
}  // namespace sluice::ops
