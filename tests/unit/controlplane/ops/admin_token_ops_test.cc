#include "controlplane/ops/admin_token_ops.h"

#include "common/crypto/key_text.h"
#include "tests/unit/controlplane/ops/ops_fixture.h"

namespace sluice::ops {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kWrite[] = "/sluice.admin.v1.ProviderService/CreateProvider";

class AdminTokenOpsTest : public OpsFixture {
 protected:
  AdminTokenOpsTest() {
    const crypto::NewKey owner = crypto::MintKey(crypto::kAdminTokenPrefix);
    EXPECT_TRUE(
        store_
            ->FinishSetup({{owner.id, store::TokenKind::kAdmin, "owner", "owner", owner.sha256}},
                          clock_.Now(), [] { return absl::OkStatus(); })
            .ok());
    Restart();
  }
  void Restart() {
    tokens_.reset();
    gate_ = *access::AccessGate::Load(*store_, "", clock_);
    tokens_ = std::make_unique<AdminTokenOps>(*store_, *gate_, clock_);
  }
  absl::StatusOr<admin::v1::CreateAdminTokenResponse> Create(const std::string& name,
                                                             const std::string& role,
                                                             int64_t seconds = 0) {
    admin::v1::CreateAdminTokenRequest request;
    request.set_name(name);
    request.set_role(role);
    if (seconds != 0) request.mutable_expires_in()->set_seconds(seconds);
    return tokens_->Create(By("CreateAdminToken"), request);
  }
  absl::Status Revoke(const std::string& token) {
    admin::v1::RevokeAdminTokenRequest request;
    request.set_token(token);
    return tokens_->Revoke(By("RevokeAdminToken"), request).status();
  }
  bool Works(const std::string& text) { return gate_->Admit(kWrite, {.token = text}).ok(); }
  std::string NewestAudit() {
    const auto audit = history_.ListAudit({});
    return audit->entries(0).rpc() + ": " + audit->entries(0).summary();
  }

  std::unique_ptr<access::AccessGate> gate_;
  std::unique_ptr<AdminTokenOps> tokens_;
};

TEST_F(AdminTokenOpsTest, ATokenIsShownOnceWorksAtOnceAndIsAudited) {
  const auto made = Create("ci", "operator");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_TRUE(made->text().starts_with("sla_"));
  EXPECT_TRUE(Works(made->text()));
  EXPECT_EQ(NewestAudit(),
            "CreateAdminToken: admin token ci (" + made->token().id() + ") created: operator");
  EXPECT_THAT(tokens_->List()->DebugString(), Not(HasSubstr(made->text())));
  EXPECT_EQ(tokens_->List()->tokens_size(), 2);
  EXPECT_EQ(Revision(), 0) << "a token is no revision";
  // Also after a restart.
  Restart();
  EXPECT_TRUE(Works(made->text()));
}

TEST_F(AdminTokenOpsTest, ARevokedTokenIsRefusedFromTheNextCallOn) {
  const auto made = Create("ci", "owner");
  ASSERT_TRUE(Revoke("ci").ok());
  EXPECT_FALSE(Works(made->text()));
  EXPECT_THAT(NewestAudit(), HasSubstr("admin token ci (" + made->token().id() + ") revoked"));
  EXPECT_TRUE(absl::IsNotFound(Revoke("ci")));
  Restart();
  EXPECT_FALSE(Works(made->text()));
  EXPECT_TRUE(Create("ci", "owner").ok()) << "the name is free";
}

TEST_F(AdminTokenOpsTest, ATokenExpires) {
  const auto made = Create("ci", "owner", 3600);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_TRUE(Works(made->text()));
  clock_.now += absl::Hours(1);
  EXPECT_FALSE(Works(made->text()));
}

TEST_F(AdminTokenOpsTest, TheLastOwnerThatDoesNotExpireStays) {
  ASSERT_TRUE(Create("late", "owner", 3600).ok());
  ASSERT_TRUE(Create("ops", "operator").ok());
  const absl::Status refused = Revoke("owner");
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(MessageOf(refused), HasSubstr("the last owner that does not expire"));
  EXPECT_TRUE(Revoke("late").ok());
  EXPECT_TRUE(Revoke("ops").ok());
  ASSERT_TRUE(Create("second", "owner").ok());
  EXPECT_TRUE(Revoke("owner").ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(Revoke("second")));
}

TEST_F(AdminTokenOpsTest, WhatIsWrongIsNamed) {
  EXPECT_THAT(MessageOf(Create("Bad name", "owner").status()), HasSubstr("\"Bad name\""));
  EXPECT_THAT(MessageOf(Create("x", "root").status()),
              HasSubstr("\"root\" is not viewer, operator or owner"));
  EXPECT_THAT(MessageOf(Create("x", "owner", -1).status()), HasSubstr("expires_in"));
  ASSERT_TRUE(Create("x", "viewer").ok());
  EXPECT_TRUE(absl::IsAlreadyExists(Create("x", "viewer").status()));
  EXPECT_TRUE(absl::IsNotFound(Revoke("none")));
}

}  // namespace
}  // namespace sluice::ops
