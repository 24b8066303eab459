#include "controlplane/ops/rollout_ops.h"

#include <gmock/gmock.h>

#include <string>

#include "controlplane/publish/publisher.h"
#include "tests/unit/controlplane/ops/ops_fixture.h"

namespace sluice::ops {
namespace {

using admin::v1::Rollout;
using ::testing::AllOf;
using ::testing::HasSubstr;

class RolloutOpsTest : public OpsFixture {
 protected:
  RolloutOpsTest() {
    EXPECT_TRUE(CreateProvider("a").ok());
    EXPECT_TRUE(publisher_.Refresh().ok());
  }

  Caller Canary(const std::string& rpc, const std::string& selector = "region=eu") {
    Caller caller = By(rpc);
    caller.canary = CanaryRequest{selector, ""};
    return caller;
  }
  absl::Status SetBaseUrl(const Caller& caller, const std::string& provider,
                          const std::string& url) {
    admin::v1::UpdateProviderRequest request;
    request.mutable_provider()->set_name(provider);
    request.mutable_provider()->set_base_url(url);
    request.mutable_update_mask()->add_paths("base_url");
    return providers_.Update(caller, request).status();
  }
  absl::Status Create(const Caller& caller, const std::string& provider) {
    admin::v1::CreateProviderRequest request;
    request.mutable_provider()->set_name(provider);
    request.mutable_provider()->set_preset("openai");
    return providers_.Create(caller, request).status();
  }
  // What each part of the fleet has of a provider; "none" if it does not have it.
  std::string UrlIn(publish::Part part, const std::string& provider) {
    EXPECT_TRUE(publisher_.Refresh().ok());
    const auto update = publisher_.UpdateFrom(std::nullopt, false, part);
    EXPECT_TRUE(update.ok()) << update.status();
    std::string bytes;
    for (const auto& piece : update->image->pieces()) {
      fleet::v1::ControlMessage message;
      EXPECT_TRUE(message.ParseFromString(std::string(piece->Reveal())));
      bytes += message.snapshot().bytes();
    }
    config::v1::Configuration configuration;
    EXPECT_TRUE(configuration.ParseFromString(bytes));
    for (const auto& each : configuration.providers()) {
      if (each.name() == provider) return each.base_url();
    }
    return "none";
  }

  RolloutOps rollouts_{path_, sealer_};
  publish::Publisher publisher_{*store_, sealer_, *store_->Epoch()};
};

constexpr auto kCanaries = publish::Part::kNewest;
constexpr auto kOthers = publish::Part::kOthers;

TEST_F(RolloutOpsTest, CanariesGetItFirstAndPromotionGivesItToAll) {
  ASSERT_TRUE(SetBaseUrl(Canary("UpdateProvider"), "a", "https://new.test").ok());
  const int64_t revision = Revision();
  EXPECT_EQ(UrlIn(kCanaries, "a"), "https://new.test");
  EXPECT_EQ(UrlIn(kOthers, "a"), "");
  auto rollout = rollouts_.Get();
  ASSERT_TRUE(rollout.ok()) << rollout.status();
  EXPECT_EQ(rollout->state(), Rollout::ACTIVE);
  EXPECT_EQ(rollout->revision(), revision);
  EXPECT_EQ(rollout->selector(), "region=eu");
  EXPECT_EQ(rollout->actor(), "alice");
  ASSERT_EQ(rollout->resources_size(), 1);
  EXPECT_EQ(rollout->resources(0).name(), "a");

  auto promoted = rollouts_.Promote(By("PromoteRollout"));
  ASSERT_TRUE(promoted.ok()) << promoted.status();
  EXPECT_EQ(*promoted, revision + 1);
  EXPECT_EQ(bell_.newest, revision + 1) << "the fleet must hear of it";
  EXPECT_EQ(UrlIn(kOthers, "a"), "https://new.test");
  EXPECT_EQ(rollouts_.Get()->state(), Rollout::PROMOTED);
  EXPECT_EQ(rollouts_.Get()->ended_revision(), revision + 1);
  EXPECT_TRUE(absl::IsFailedPrecondition(rollouts_.Promote(By("PromoteRollout")).status()));
}

TEST_F(RolloutOpsTest, AnAbortTakesItBackFromAll) {
  ASSERT_TRUE(SetBaseUrl(Canary("UpdateProvider"), "a", "https://new.test").ok());
  auto aborted = rollouts_.Abort(By("AbortRollout"), "too slow");
  ASSERT_TRUE(aborted.ok()) << aborted.status();
  EXPECT_EQ(UrlIn(kCanaries, "a"), "");
  EXPECT_EQ(UrlIn(kOthers, "a"), "");
  const auto rollout = rollouts_.Get();
  EXPECT_EQ(rollout->state(), Rollout::ABORTED);
  EXPECT_EQ(rollout->reason(), "too slow");
}

// A delta leads every node to the end of a rollout, whichever part it was of.
TEST_F(RolloutOpsTest, DeltasLeadOverItsBeginAndItsEnd) {
  ASSERT_TRUE(UrlIn(kOthers, "a").empty());
  const int64_t before = Revision();
  ASSERT_TRUE(SetBaseUrl(Canary("UpdateProvider"), "a", "https://new.test").ok());
  ASSERT_TRUE(publisher_.Refresh().ok());
  const auto to_others = publisher_.UpdateFrom(before, true, kOthers);
  const auto to_canaries = publisher_.UpdateFrom(before, true, kCanaries);
  ASSERT_NE(to_others->delta, nullptr);
  EXPECT_NE(to_others->head->hash, to_canaries->head->hash);
  EXPECT_EQ(to_others->head->revision, to_canaries->head->revision);
  const int64_t during = Revision();
  ASSERT_TRUE(rollouts_.Promote(By("PromoteRollout")).ok());
  ASSERT_TRUE(publisher_.Refresh().ok());
  EXPECT_EQ(publisher_.Current(kOthers), publisher_.Current(kCanaries));
  fleet::v1::ControlMessage message;
  ASSERT_TRUE(
      message.ParseFromString(std::string(publisher_.UpdateFrom(during, true)->delta->Reveal())));
  ASSERT_EQ(message.delta().changes_size(), 1) << "what was held is part of it";
  config::v1::Provider provider;
  ASSERT_TRUE(provider.ParseFromString(message.delta().changes(0).resource()));
  EXPECT_EQ(provider.base_url(), "https://new.test");
}

TEST_F(RolloutOpsTest, OtherWritesReachEverybodyMeanwhile) {
  ASSERT_TRUE(SetBaseUrl(Canary("UpdateProvider"), "a", "https://new.test").ok());
  ASSERT_TRUE(CreateProvider("b").ok());
  EXPECT_EQ(UrlIn(kCanaries, "b"), "");
  EXPECT_EQ(UrlIn(kOthers, "b"), "");
  EXPECT_EQ(UrlIn(kOthers, "a"), "");
}

TEST_F(RolloutOpsTest, WhatItHoldsCannotBeWritten) {
  ASSERT_TRUE(SetBaseUrl(Canary("UpdateProvider"), "a", "https://new.test").ok());
  const int64_t revision = Revision();
  const absl::Status held = SetBaseUrl(By("UpdateProvider"), "a", "https://other.test");
  EXPECT_TRUE(absl::IsFailedPrecondition(held));
  EXPECT_THAT(MessageOf(held), AllOf(HasSubstr("provider \"a\""), HasSubstr("promote or abort")));
  EXPECT_TRUE(absl::IsFailedPrecondition(Create(Canary("CreateProvider"), "c"))) << "one at a time";
  EXPECT_EQ(Revision(), revision);
}

// The provider exists for the canaries only: the others would refuse a key of it.
TEST_F(RolloutOpsTest, AWriteThatTheOthersWouldRefuseIsRefused) {
  ASSERT_TRUE(Create(Canary("CreateProvider"), "fresh").ok());
  const absl::Status refused = CreateProviderKey("fresh", "main", "sk-1").status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(MessageOf(refused), HasSubstr("does not exist"));
  EXPECT_TRUE(absl::IsFailedPrecondition(CreateClientKey("k", {"fresh"}).status()));
  EXPECT_TRUE(CreateProviderKey("a", "main", "sk-1").ok());
  ASSERT_TRUE(rollouts_.Promote(By("PromoteRollout")).ok());
  EXPECT_TRUE(CreateProviderKey("fresh", "main", "sk-1").ok());
}

TEST_F(RolloutOpsTest, AbortRevokesAKeyThatWasMadeForCanaries) {
  admin::v1::CreateClientKeyRequest request;
  request.mutable_client_key()->set_name("app");
  ASSERT_TRUE(client_keys_.Create(Canary("CreateClientKey"), request).ok());
  ASSERT_TRUE(rollouts_.Abort(By("AbortRollout"), "").ok());
  admin::v1::GetClientKeyRequest get;
  get.set_key("app");
  EXPECT_TRUE(absl::IsNotFound(client_keys_.Get(get).status()));
}

TEST_F(RolloutOpsTest, ACanaryWriteThatChangesNothingIsNoRollout) {
  ASSERT_TRUE(SetBaseUrl(By("UpdateProvider"), "a", "https://x.test").ok());
  const int64_t revision = Revision();
  ASSERT_TRUE(SetBaseUrl(Canary("UpdateProvider"), "a", "https://x.test").ok());
  EXPECT_EQ(Revision(), revision);
  EXPECT_TRUE(absl::IsNotFound(rollouts_.Get().status()));
}

TEST_F(RolloutOpsTest, WithoutACanaryNothingIsWritten) {
  const int64_t revision = Revision();
  EXPECT_TRUE(absl::IsFailedPrecondition(
      SetBaseUrl(Canary("UpdateProvider", "none"), "a", "https://x.test")));
  EXPECT_EQ(Revision(), revision);
  EXPECT_TRUE(absl::IsFailedPrecondition(rollouts_.Abort(By("AbortRollout"), "").status()));
}

TEST_F(RolloutOpsTest, ARestartKeepsTheTwoPartsApart) {
  ASSERT_TRUE(SetBaseUrl(Canary("UpdateProvider"), "a", "https://new.test").ok());
  ASSERT_TRUE(CreateProvider("b").ok());
  ASSERT_TRUE(publisher_.Refresh().ok());
  publish::Publisher restarted(*store_, sealer_, *store_->Epoch());
  ASSERT_TRUE(restarted.Refresh().ok());
  for (const auto part : {kCanaries, kOthers}) {
    EXPECT_EQ(restarted.Current(part)->hash, publisher_.Current(part)->hash);
  }
  EXPECT_NE(restarted.Current(kCanaries)->hash, restarted.Current(kOthers)->hash);
}

}  // namespace
}  // namespace sluice::ops
