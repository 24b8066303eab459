#include "controlplane/access/token_gate.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/crypto/key_text.h"
#include "sluice/admin/v1/admin.pb.h"
#include "sluice/fleet/v1/fleet.pb.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/controlplane/store/new_store.h"

namespace sluice::access {
namespace {

constexpr char kRead[] = "/sluice.admin.v1.ProviderService/ListProviders";
constexpr char kWrite[] = "/sluice.admin.v1.ProviderService/CreateProvider";
constexpr char kConnect[] = "/sluice.fleet.v1.Fleet/Connect";

class TokenGateTest : public ::testing::Test {
 protected:
  TokenGateTest()
      : owner_(crypto::MintKey(crypto::kAdminTokenPrefix)),
        viewer_(crypto::MintKey(crypto::kAdminTokenPrefix)),
        join_(crypto::MintKey(crypto::kJoinTokenPrefix)),
        store_(store::NewStore(folder_.File("s.db"))) {
    Store({{owner_.id, store::TokenKind::kAdmin, "alice", "owner", owner_.sha256},
           {viewer_.id, store::TokenKind::kAdmin, "bob", "viewer", viewer_.sha256},
           {join_.id, store::TokenKind::kJoin, "join", "node", join_.sha256}});
  }

  void Store(const std::vector<store::TokenRow>& tokens) {
    ASSERT_TRUE(
        store_->FinishSetup(tokens, store::kTestTime, [] { return absl::OkStatus(); }).ok());
  }
  absl::Status Admit(std::string_view method, std::string_view token) {
    return TokenGate::Load(*store_)->Admit(method, token).status();
  }

  test::TempFolder folder_;
  crypto::NewKey owner_;
  crypto::NewKey viewer_;
  crypto::NewKey join_;
  std::unique_ptr<store::Store> store_;
};

TEST_F(TokenGateTest, AnOwnerReadsAndWrites) {
  EXPECT_TRUE(Admit(kRead, owner_.text.Reveal()).ok());
  EXPECT_TRUE(Admit(kWrite, owner_.text.Reveal()).ok());
  auto principal = TokenGate::Load(*store_)->Admit(kWrite, owner_.text.Reveal());
  EXPECT_EQ(principal->name, "alice");
  EXPECT_EQ(principal->token_id, owner_.id);
}

TEST_F(TokenGateTest, AViewerOnlyReads) {
  EXPECT_TRUE(Admit(kRead, viewer_.text.Reveal()).ok());
  EXPECT_TRUE(absl::IsPermissionDenied(Admit(kWrite, viewer_.text.Reveal())));
}

TEST_F(TokenGateTest, AJoinTokenConnectsAndNothingElse) {
  EXPECT_TRUE(Admit(kConnect, join_.text.Reveal()).ok());
  EXPECT_TRUE(absl::IsUnauthenticated(Admit(kRead, join_.text.Reveal())));
  EXPECT_TRUE(absl::IsUnauthenticated(Admit(kConnect, owner_.text.Reveal())));
}

TEST_F(TokenGateTest, EveryWrongTokenGetsTheSameAnswer) {
  std::string other_secret(owner_.text.Reveal());
  // The id of a known token with the secret and checksum of another.
  const crypto::NewKey unknown = crypto::MintKey(crypto::kAdminTokenPrefix);
  other_secret.replace(14, 58, unknown.text.Reveal().substr(14));
  const absl::Status missing = Admit(kRead, "");
  EXPECT_TRUE(absl::IsUnauthenticated(missing));
  for (const std::string& token :
       {std::string("nonsense"), std::string(unknown.text.Reveal()), other_secret,
        std::string(owner_.text.Reveal().substr(0, 71)), std::string(10000, 'a')}) {
    EXPECT_EQ(Admit(kRead, token), missing) << token;
  }
}

TEST_F(TokenGateTest, WhatHasNoRuleIsDeniedEvenToAnOwner) {
  const std::string method = "/sluice.admin.v1.ProviderService/Invented";
  EXPECT_TRUE(absl::IsUnauthenticated(Admit(method, "")));
  EXPECT_TRUE(absl::IsPermissionDenied(Admit(method, owner_.text.Reveal())));
}

TEST_F(TokenGateTest, AnUnknownRoleInTheDatabaseIsRefused) {
  Store({{owner_.id, store::TokenKind::kAdmin, "alice", "emperor", owner_.sha256}});
  EXPECT_TRUE(absl::IsDataLoss(TokenGate::Load(*store_).status()));
}

// Every RPC of a file has a rule; what changes something, by its name, is an owner's.
void CheckRules(const google::protobuf::FileDescriptor& file) {
  for (int s = 0; s < file.service_count(); ++s) {
    const auto& service = *file.service(s);
    for (int m = 0; m < service.method_count(); ++m) {
      const std::string name = service.method(m)->name();
      const RpcRule* rule = FindRpcRule("/" + service.full_name() + "/" + name);
      ASSERT_NE(rule, nullptr) << service.full_name() << "/" << name << " has no rule";
      const bool reads = name.starts_with("List") || name.starts_with("Get") ||
                         name.starts_with("Wait") || name.starts_with("Diff") ||
                         name.starts_with("Verify") || name == "Connect";
      EXPECT_EQ(rule->writes, !reads) << name;
      if (rule->writes) {
        EXPECT_EQ(rule->role, Role::kOwner) << name;
      }
    }
  }
}

TEST(RpcRulesTest, EveryRpcHasARule) {
  CheckRules(*admin::v1::Node::descriptor()->file());
  CheckRules(*fleet::v1::Hello::descriptor()->file());
}

}  // namespace
}  // namespace sluice::access
