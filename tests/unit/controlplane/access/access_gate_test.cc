#include "controlplane/access/access_gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/crypto/certificate_authority.h"
#include "common/crypto/key_text.h"
#include "common/crypto/private_key.h"
#include "sluice/admin/v1/admin.pb.h"
#include "sluice/fleet/v1/fleet.pb.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/controlplane/store/new_store.h"

namespace sluice::access {
namespace {

using ::testing::HasSubstr;

constexpr char kRead[] = "/sluice.admin.v1.ProviderService/ListProviders";
constexpr char kWrite[] = "/sluice.admin.v1.ProviderService/CreateProvider";
constexpr char kConnect[] = "/sluice.fleet.v1.Fleet/Connect";
constexpr char kJoin[] = "/sluice.fleet.v1.Fleet/Join";
constexpr char kRenew[] = "/sluice.fleet.v1.Fleet/Renew";

class AccessGateTest : public ::testing::Test {
 protected:
  AccessGateTest()
      : owner_(crypto::MintKey(crypto::kAdminTokenPrefix)),
        viewer_(crypto::MintKey(crypto::kAdminTokenPrefix)),
        join_(crypto::MintKey(crypto::kJoinTokenPrefix)),
        store_(store::NewStore(folder_.File("s.db"))) {
    Store({{owner_.id, store::TokenKind::kAdmin, "alice", "owner", owner_.sha256},
           {viewer_.id, store::TokenKind::kAdmin, "bob", "viewer", viewer_.sha256},
           {join_.id, store::TokenKind::kJoin, "join", "node", join_.sha256}});
    Load();
  }

  void Store(const std::vector<store::TokenRow>& tokens) {
    ASSERT_TRUE(
        store_->FinishSetup(tokens, store::kTestTime, [] { return absl::OkStatus(); }).ok());
  }
  void Load() {
    auto gate = AccessGate::Load(*store_, authority_.certificate(), clock_);
    ASSERT_TRUE(gate.ok()) << gate.status();
    gate_ = *std::move(gate);
  }
  // On a plaintext connection.
  absl::StatusOr<Principal> Admit(std::string_view method, std::string_view token) {
    return gate_->Admit(method, {.token = token});
  }
  absl::StatusOr<Principal> AdmitTls(std::string_view method, std::string_view token,
                                     std::string_view certificate = "") {
    return gate_->Admit(method, {.tls = true, .token = token, .certificate = certificate});
  }
  std::string Certificate(const std::string& node, absl::Duration life = absl::Hours(24)) {
    return *authority_.IssueClient(*crypto::MakeCertificateRequest(crypto::MakePrivateKey()),
                                   NodeUri(node), clock_.Now(), life);
  }
  // A further join token, as if it had been made through the API.
  crypto::NewKey Token(const std::string& name, absl::Duration life, bool single_use) {
    crypto::NewKey key = crypto::MintKey(crypto::kJoinTokenPrefix);
    gate_->tokens().Put({.id = key.id,
                         .kind = store::TokenKind::kJoin,
                         .name = name,
                         .role = "node",
                         .sha256 = key.sha256,
                         .created_at = clock_.Now(),
                         .expires_at = clock_.Now() + life,
                         .single_use = single_use});
    return key;
  }

  test::TempFolder folder_;
  test::FakeClock clock_{store::kTestTime};
  crypto::NewKey owner_;
  crypto::NewKey viewer_;
  crypto::NewKey join_;
  crypto::CertificateAuthority authority_ =
      crypto::CertificateAuthority::Create(store::kTestTime, absl::Hours(24 * 365));
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<AccessGate> gate_;
};

std::string Why(const absl::StatusOr<Principal>& admitted) {
  return std::string(admitted.status().message());
}

TEST_F(AccessGateTest, AnOwnerReadsAndWrites) {
  EXPECT_TRUE(Admit(kRead, owner_.text.Reveal()).ok());
  auto principal = Admit(kWrite, owner_.text.Reveal());
  ASSERT_TRUE(principal.ok()) << principal.status();
  EXPECT_EQ(principal->name, "alice");
  EXPECT_EQ(principal->token_id, owner_.id);
  EXPECT_TRUE(AdmitTls(kWrite, owner_.text.Reveal()).ok());
}

TEST_F(AccessGateTest, AViewerOnlyReads) {
  EXPECT_TRUE(Admit(kRead, viewer_.text.Reveal()).ok());
  EXPECT_TRUE(absl::IsPermissionDenied(Admit(kWrite, viewer_.text.Reveal()).status()));
}

TEST_F(AccessGateTest, AnOperatorWritesTheConfigurationAndOpensNoDoors) {
  crypto::NewKey token = crypto::MintKey(crypto::kAdminTokenPrefix);
  gate_->tokens().Put({token.id, store::TokenKind::kAdmin, "otto", "operator", token.sha256});
  EXPECT_TRUE(Admit(kRead, token.text.Reveal()).ok());
  EXPECT_TRUE(Admit(kWrite, token.text.Reveal()).ok());
  for (const char* method :
       {"AdminTokenService/CreateAdminToken", "AdminTokenService/RevokeAdminToken",
        "JoinTokenService/CreateJoinToken", "JoinTokenService/RevokeJoinToken",
        "BackupService/CreateBackup", "NodeService/CreateSeed", "NodeService/ExpelNode",
        "SecretService/RotateMasterKey"}) {
    const auto refused = Admit(std::string("/sluice.admin.v1.") + method, token.text.Reveal());
    EXPECT_TRUE(absl::IsPermissionDenied(refused.status())) << method;
    EXPECT_THAT(Why(refused), HasSubstr("\"otto\" (operator)"));
  }
}

TEST_F(AccessGateTest, AnAdminTokenExpiresAndIsRevokedAtOnce) {
  crypto::NewKey token = crypto::MintKey(crypto::kAdminTokenPrefix);
  const store::TokenRow row{.id = token.id,
                            .kind = store::TokenKind::kAdmin,
                            .name = "late",
                            .role = "owner",
                            .sha256 = token.sha256,
                            .expires_at = clock_.Now() + absl::Hours(1)};
  gate_->tokens().Put(row);
  EXPECT_TRUE(Admit(kWrite, token.text.Reveal()).ok());
  clock_.Advance(absl::Hours(1));
  const auto expired = Admit(kWrite, token.text.Reveal());
  EXPECT_TRUE(absl::IsUnauthenticated(expired.status()));
  EXPECT_THAT(Why(expired), HasSubstr("\"late\" has expired"));
  EXPECT_TRUE(Admit(kWrite, owner_.text.Reveal()).ok());
  gate_->tokens().Erase(owner_.id);
  EXPECT_TRUE(absl::IsUnauthenticated(Admit(kWrite, owner_.text.Reveal()).status()));
}

TEST_F(AccessGateTest, InPlaintextAJoinTokenConnectsAndNothingElse) {
  EXPECT_TRUE(Admit(kConnect, join_.text.Reveal()).ok());
  EXPECT_TRUE(absl::IsUnauthenticated(Admit(kRead, join_.text.Reveal()).status()));
  EXPECT_TRUE(absl::IsUnauthenticated(Admit(kConnect, owner_.text.Reveal()).status()));
  EXPECT_TRUE(absl::IsUnauthenticated(Admit(kRenew, join_.text.Reveal()).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(Admit(kJoin, join_.text.Reveal()).status()));
}

TEST_F(AccessGateTest, OverTlsAJoinTokenJoinsAndNothingElse) {
  EXPECT_TRUE(AdmitTls(kJoin, join_.text.Reveal()).ok());
  for (const char* method : {kConnect, kRenew, kRead, kWrite}) {
    EXPECT_TRUE(absl::IsUnauthenticated(AdmitTls(method, join_.text.Reveal()).status())) << method;
  }
  EXPECT_TRUE(absl::IsUnauthenticated(AdmitTls(kJoin, owner_.text.Reveal()).status()));
}

TEST_F(AccessGateTest, ACertificateConnectsAndRenewsAndNothingElse) {
  const std::string certificate = Certificate("eu-3");
  for (const char* method : {kConnect, kRenew}) {
    auto principal = AdmitTls(method, "", certificate);
    ASSERT_TRUE(principal.ok()) << principal.status();
    EXPECT_EQ(principal->node, "eu-3");
    EXPECT_EQ(principal->issued_at, clock_.Now());
    EXPECT_EQ(principal->expires_at, clock_.Now() + absl::Hours(24));
  }
  for (const char* method : {kJoin, kRead, kWrite, "/sluice.admin.v1.NodeService/Invented"}) {
    EXPECT_TRUE(absl::IsUnauthenticated(AdmitTls(method, "", certificate).status())) << method;
  }
}

TEST_F(AccessGateTest, ACertificateAddsNothingToAToken) {
  const std::string certificate = Certificate("eu-3");
  EXPECT_TRUE(AdmitTls(kRead, viewer_.text.Reveal(), certificate).ok());
  EXPECT_TRUE(
      absl::IsPermissionDenied(AdmitTls(kWrite, viewer_.text.Reveal(), certificate).status()));
  EXPECT_TRUE(
      absl::IsUnauthenticated(AdmitTls(kConnect, owner_.text.Reveal(), "nonsense").status()));
}

TEST_F(AccessGateTest, AnExpiredOrForeignCertificateIsToldSo) {
  const std::string certificate = Certificate("eu-3", absl::Hours(1));
  clock_.Advance(absl::Hours(2));
  EXPECT_TRUE(absl::IsUnauthenticated(AdmitTls(kConnect, "", certificate).status()));
  EXPECT_THAT(Why(AdmitTls(kConnect, "", certificate)), HasSubstr("has expired"));
  const auto other = crypto::CertificateAuthority::Create(clock_.Now(), absl::Hours(24));
  const auto foreign = other.IssueClient(*crypto::MakeCertificateRequest(crypto::MakePrivateKey()),
                                         NodeUri("eu-3"), clock_.Now(), absl::Hours(1));
  EXPECT_THAT(Why(AdmitTls(kConnect, "", *foreign)), HasSubstr("not issued by this control plane"));
  EXPECT_THAT(Why(AdmitTls(kConnect, "", authority_.certificate())), HasSubstr("certificate"));
}

TEST_F(AccessGateTest, OnlyTheNameOfANodeMakesANodesCertificate) {
  const auto odd = authority_.IssueClient(*crypto::MakeCertificateRequest(crypto::MakePrivateKey()),
                                          "https://example.com", clock_.Now(), absl::Hours(1));
  EXPECT_THAT(Why(AdmitTls(kConnect, "", *odd)), HasSubstr("is not one of a node"));
}

TEST_F(AccessGateTest, ANodeSpeaksForItselfOnly) {
  const auto node = AdmitTls(kConnect, "", Certificate("eu-3"));
  EXPECT_TRUE(gate_->CheckNode(*node, "eu-3").ok());
  const absl::Status other = gate_->CheckNode(*node, "eu-4");
  EXPECT_TRUE(absl::IsPermissionDenied(other));
  EXPECT_EQ(other.message(), "the certificate is of node eu-3, not of eu-4");
}

TEST_F(AccessGateTest, AnExpelledNodeIsOutUntilItShowsSomethingNewer) {
  const std::string old_certificate = Certificate("eu-3");
  const crypto::NewKey old_token = Token("old", absl::Hours(48), false);
  clock_.Advance(absl::Microseconds(1));
  gate_->nodes().Put({.id = "eu-3", .expelled_at = clock_.Now()});
  const auto expelled = AdmitTls(kConnect, "", old_certificate);
  EXPECT_TRUE(absl::IsPermissionDenied(expelled.status())) << expelled.status();
  EXPECT_THAT(Why(expelled), HasSubstr("eu-3 was expelled at 2023-11-14T22:13:20Z"));
  EXPECT_TRUE(absl::IsPermissionDenied(AdmitTls(kRenew, "", old_certificate).status()));
  EXPECT_TRUE(AdmitTls(kConnect, "", Certificate("eu-4")).ok());

  const auto with_old = Admit(kConnect, old_token.text.Reveal());
  EXPECT_TRUE(absl::IsPermissionDenied(gate_->CheckNode(*with_old, "eu-3")));
  EXPECT_TRUE(gate_->CheckNode(*with_old, "eu-4").ok());
  clock_.Advance(absl::Microseconds(1));
  const crypto::NewKey new_token = Token("new", absl::Hours(48), false);
  EXPECT_TRUE(gate_->CheckNode(*Admit(kConnect, new_token.text.Reveal()), "eu-3").ok());
  EXPECT_TRUE(AdmitTls(kConnect, "", Certificate("eu-3")).ok());
}

TEST_F(AccessGateTest, AnExpulsionStandsWhateverArrivesAfterIt) {
  const absl::Time joined = clock_.Now();
  clock_.Advance(absl::Seconds(1));
  gate_->nodes().Put({.id = "eu-3", .joined_at = joined, .expelled_at = clock_.Now()});
  gate_->nodes().Put({.id = "eu-3", .joined_at = joined});
  EXPECT_EQ(gate_->nodes().Find("eu-3")->expelled_at, clock_.Now());
}

TEST_F(AccessGateTest, WithoutAnAuthorityNoCertificateIsGood) {
  auto gate = AccessGate::Load(*store_, "", clock_);
  EXPECT_TRUE(absl::IsUnauthenticated(
      (*gate)->Admit(kConnect, {.tls = true, .certificate = Certificate("eu-3")}).status()));
}

TEST_F(AccessGateTest, JoinTokensComeAndGoWhileItRuns) {
  const crypto::NewKey token = Token("eu", absl::Hours(1), false);
  EXPECT_TRUE(AdmitTls(kJoin, token.text.Reveal()).ok());
  clock_.Advance(absl::Minutes(59));
  EXPECT_TRUE(AdmitTls(kJoin, token.text.Reveal()).ok());
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(Why(AdmitTls(kJoin, token.text.Reveal())), "the join token \"eu\" has expired");
  EXPECT_EQ(Why(Admit(kConnect, token.text.Reveal())), "the join token \"eu\" has expired");
  gate_->tokens().Erase(token.id);
  EXPECT_EQ(Why(AdmitTls(kJoin, token.text.Reveal())), "a valid join token is required");
}

TEST_F(AccessGateTest, ATokenForOneUseIsForTlsAndForOneNode) {
  const crypto::NewKey token = Token("one", absl::Hours(1), true);
  EXPECT_TRUE(absl::IsPermissionDenied(Admit(kConnect, token.text.Reveal()).status()));
  EXPECT_TRUE(AdmitTls(kJoin, token.text.Reveal()).ok());
  gate_->tokens().MarkUsed(token.id, "eu-3");
  EXPECT_TRUE(absl::IsUnauthenticated(AdmitTls(kJoin, token.text.Reveal()).status()));
  EXPECT_THAT(Why(AdmitTls(kJoin, token.text.Reveal())), HasSubstr("has been used"));
}

TEST_F(AccessGateTest, EveryWrongTokenGetsTheSameAnswer) {
  std::string other_secret(owner_.text.Reveal());
  // The id of a known token with the secret and checksum of another.
  const crypto::NewKey unknown = crypto::MintKey(crypto::kAdminTokenPrefix);
  other_secret.replace(14, 58, unknown.text.Reveal().substr(14));
  const absl::Status missing = Admit(kRead, "").status();
  EXPECT_TRUE(absl::IsUnauthenticated(missing));
  for (const std::string& token :
       {std::string("nonsense"), std::string(unknown.text.Reveal()), other_secret,
        std::string(owner_.text.Reveal().substr(0, 71)), std::string(10000, 'a')}) {
    EXPECT_EQ(Admit(kRead, token).status(), missing) << token;
  }
}

TEST_F(AccessGateTest, WhatHasNoRuleIsDeniedEvenToAnOwner) {
  const std::string method = "/sluice.admin.v1.ProviderService/Invented";
  EXPECT_TRUE(absl::IsUnauthenticated(Admit(method, "").status()));
  EXPECT_TRUE(absl::IsPermissionDenied(Admit(method, owner_.text.Reveal()).status()));
}

TEST_F(AccessGateTest, AnUnknownRoleInTheDatabaseIsRefused) {
  Store({{owner_.id, store::TokenKind::kAdmin, "alice", "emperor", owner_.sha256}});
  EXPECT_TRUE(absl::IsDataLoss(AccessGate::Load(*store_, "", clock_).status()));
}

bool OpensDoors(const std::string& name) {
  for (const char* door : {"AdminToken", "JoinToken", "Backup", "Seed", "ExpelNode", "MasterKey"}) {
    if (name.find(door) != std::string::npos) return true;
  }
  return false;
}

// Every RPC of a file has a rule; what changes something, by its name, is an operator's, an owner's
// if it opens doors, or what a node does to its own certificate.
void CheckRules(const google::protobuf::FileDescriptor& file) {
  for (int s = 0; s < file.service_count(); ++s) {
    const auto& service = *file.service(s);
    for (int m = 0; m < service.method_count(); ++m) {
      const std::string name = service.method(m)->name();
      const RpcRule* rule = FindRpcRule("/" + service.full_name() + "/" + name);
      ASSERT_NE(rule, nullptr) << service.full_name() << "/" << name << " has no rule";
      const bool reads = name.starts_with("List") || name.starts_with("Get") ||
                         name.starts_with("Wait") || name.starts_with("Diff") ||
                         name.starts_with("Verify") || name.starts_with("Export") ||
                         name.starts_with("Query") || name == "Tail" || name == "Connect";
      EXPECT_EQ(rule->writes, !reads) << name;
      if (rule->writes && service.full_name() != "sluice.fleet.v1.Fleet") {
        EXPECT_EQ(rule->role, OpensDoors(name) ? Role::kOwner : Role::kOperator) << name;
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
