// Every RPC x every kind of caller, over real sockets: what each may do is derived from the rule
// table, and every RPC that the descriptors have must be in it.
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/access/rpc_rules.h"
#include "tests/unit/controlplane/controlplane_app/identities.h"
#include "tests/unit/controlplane/controlplane_app/running_app.h"

namespace sluice::controlplane {
namespace {

using access::Role;
using grpc::StatusCode;

enum class Token { kNone, kBad, kViewer, kOperator, kOwner, kJoin, kJoinOnce };
enum class Certificate { kNone, kBad, kGood, kExpelled };

struct CallerKind {
  std::string name;
  bool tls = false;
  Token token = Token::kNone;
  Certificate certificate = Certificate::kNone;

  base::Secret token_text = {};
  std::shared_ptr<grpc::Channel> channel = {};
};

// None: admitted.
std::optional<StatusCode> AdminRefusal(Role needed, const CallerKind& caller) {
  switch (caller.token) {
    case Token::kOwner:
      return std::nullopt;
    case Token::kOperator:
      if (needed != Role::kOwner) return std::nullopt;
      return StatusCode::PERMISSION_DENIED;
    case Token::kViewer:
      if (needed == Role::kViewer) return std::nullopt;
      return StatusCode::PERMISSION_DENIED;
    default:
      return StatusCode::UNAUTHENTICATED;
  }
}

std::optional<StatusCode> CertificateRefusal(const CallerKind& caller) {
  if (caller.certificate == Certificate::kGood) return std::nullopt;
  return caller.certificate == Certificate::kExpelled ? StatusCode::PERMISSION_DENIED
                                                      : StatusCode::UNAUTHENTICATED;
}

std::optional<StatusCode> Refusal(Role needed, const CallerKind& caller) {
  const bool join = caller.token == Token::kJoin || caller.token == Token::kJoinOnce;
  switch (needed) {
    case Role::kViewer:
    case Role::kOperator:
    case Role::kOwner:
      return AdminRefusal(needed, caller);
    case Role::kNode:
      if (caller.tls) return CertificateRefusal(caller);
      if (caller.token == Token::kJoinOnce) return StatusCode::PERMISSION_DENIED;
      return join ? std::nullopt : std::optional(StatusCode::UNAUTHENTICATED);
    case Role::kNewcomer:
      if (!join) return StatusCode::UNAUTHENTICATED;
      return caller.tls ? std::nullopt : std::optional(StatusCode::FAILED_PRECONDITION);
    case Role::kMember:
      return CertificateRefusal(caller);
  }
  return StatusCode::UNAUTHENTICATED;
}

// The outcome of a call with one empty message; OK as soon as there is an answer.
grpc::Status CallOnce(const CallerKind& caller, const std::string& method) {
  grpc::GenericStub stub(caller.channel);
  grpc::CompletionQueue queue;
  const auto context = RunningApp::With(caller.token_text);
  const auto call = stub.PrepareCall(context.get(), method, &queue);
  const auto wait = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  call->StartCall(nullptr);
  wait();
  const grpc::Slice empty;
  call->WriteLast(grpc::ByteBuffer(&empty, 1), grpc::WriteOptions(), nullptr);
  wait();
  grpc::ByteBuffer answer;
  call->Read(&answer, nullptr);
  const bool answered = wait();
  if (answered) context->TryCancel();
  grpc::Status status;
  call->Finish(&status, nullptr);
  wait();
  return answered ? grpc::Status::OK : status;
}

std::vector<std::string> EveryMethod() {
  std::vector<std::string> methods;
  for (const auto* file :
       {admin::v1::Node::descriptor()->file(), fleet::v1::Hello::descriptor()->file()}) {
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        methods.push_back("/" + file->service(s)->full_name() + "/" +
                          file->service(s)->method(m)->name());
      }
    }
  }
  return methods;
}

// A control plane with tokens of every kind.
class Place {
 public:
  explicit Place(bool tls)
      : tls_(tls), app_([this](AppOptions& options) {
          options.tls.on = tls_;
          viewer_ = AddToken(options, store::TokenKind::kAdmin, "eve", "viewer");
          operator_ = AddToken(options, store::TokenKind::kAdmin, "otto", "operator");
          late_owner_ = AddToken(options, store::TokenKind::kAdmin, "late", "owner",
                                 absl::Now() - absl::Hours(1));
          expired_ = AddToken(options, store::TokenKind::kJoin, "expired", "node",
                              absl::Now() - absl::Hours(1));
        }) {
    const std::string place = tls ? " over TLS" : " in plaintext";
    Add("nobody" + place, Token::kNone, base::Secret());
    Add("a garbage token" + place, Token::kBad, base::Secret(std::string("garbage")));
    Add("an unknown admin token" + place, Token::kBad,
        std::move(crypto::MintKey(crypto::kAdminTokenPrefix).text));
    Add("an unknown join token" + place, Token::kBad,
        std::move(crypto::MintKey(crypto::kJoinTokenPrefix).text));
    Add("a viewer" + place, Token::kViewer, viewer_.Clone());
    Add("an operator" + place, Token::kOperator, operator_.Clone());
    Add("an owner whose token has expired" + place, Token::kBad, late_owner_.Clone());
    Add("an owner whose token was revoked" + place, Token::kBad, RevokedOwner());
    Add("an owner" + place, Token::kOwner, app_.Token("admin.token"));
    Add("a join token" + place, Token::kJoin, MakeJoinToken(app_, "good"));
    Add("a join token for one use" + place, Token::kJoinOnce, MakeJoinToken(app_, "once", true));
    Add("an expired join token" + place, Token::kBad, expired_.Clone());
    Add("a revoked join token" + place, Token::kBad, MakeJoinToken(app_, "revoked"));
    EXPECT_TRUE(RevokeJoinToken(app_, "revoked").ok());
    if (tls) AddNodes();
  }

  const std::vector<CallerKind>& callers() const { return callers_; }

 private:
  void Add(std::string name, Token token, base::Secret text) {
    callers_.push_back({.name = std::move(name),
                        .tls = tls_,
                        .token = token,
                        .token_text = std::move(text),
                        .channel = app_.Channel()});
  }
  void AddNode(std::string name, Certificate certificate, const Shown& shown,
               Token token = Token::kNone, base::Secret text = base::Secret()) {
    callers_.push_back({.name = std::move(name),
                        .tls = true,
                        .token = token,
                        .certificate = certificate,
                        .token_text = std::move(text),
                        .channel = app_.Channel(shown.certificate, shown.private_key)});
  }
  base::Secret RevokedOwner() {
    base::Secret token = MakeAdminToken(app_, "gone", "owner");
    EXPECT_TRUE(RevokeAdminToken(app_, "gone").ok());
    return token;
  }
  void AddNodes() {
    const base::Secret used = MakeJoinToken(app_, "used", true);
    Shown expelled;
    EXPECT_TRUE(Join(app_, "outcast", used, &expelled).ok());
    EXPECT_TRUE(Expel(app_, "outcast").ok());
    Add("a join token that is used up", Token::kBad, used.Clone());

    const auto authority = AuthorityOf(app_);
    const auto stranger = crypto::CertificateAuthority::Create(absl::Now(), absl::Hours(24));
    const Shown good = MakeShown(authority, "n1");
    AddNode("a node", Certificate::kGood, good);
    AddNode("an expired node", Certificate::kBad,
            MakeShown(authority, "n1", absl::Now() - absl::Hours(2), absl::Hours(1)));
    AddNode("an expelled node", Certificate::kExpelled, expelled);
    AddNode("a node of another authority", Certificate::kBad, MakeShown(stranger, "n1"));
    base::Secret server_key = crypto::MakePrivateKey();
    const auto server =
        authority.IssueServer(server_key, {"localhost"}, absl::Now(), absl::Hours(1));
    AddNode("the certificate of a server", Certificate::kBad, {*server, std::move(server_key)});
    AddNode("a node with a viewer's token", Certificate::kGood, good, Token::kViewer,
            viewer_.Clone());
    AddNode("an expired node with a join token", Certificate::kBad,
            MakeShown(authority, "n1", absl::Now() - absl::Hours(2), absl::Hours(1)), Token::kJoin,
            MakeJoinToken(app_, "again"));
  }

  const bool tls_;
  base::Secret viewer_;
  base::Secret operator_;
  base::Secret late_owner_;
  base::Secret expired_;
  RunningApp app_;
  std::vector<CallerKind> callers_;
};

bool IsRefusal(StatusCode code) {
  return code == StatusCode::UNAUTHENTICATED || code == StatusCode::PERMISSION_DENIED ||
         code == StatusCode::UNIMPLEMENTED;
}

class AccessTableTest : public ::testing::TestWithParam<bool> {};

TEST_P(AccessTableTest, EveryRpcAdmitsWhomItsRuleNamesAndNobodyElse) {
  const Place place(GetParam());
  const std::vector<std::string> methods = EveryMethod();
  ASSERT_EQ(methods.size(), access::RpcRules().size()) << "a rule for each RPC, and no other";
  int refused = 0;
  int admitted = 0;
  for (const std::string& method : methods) {
    const access::RpcRule* rule = access::FindRpcRule(method);
    ASSERT_NE(rule, nullptr) << method << " has no rule";
    for (const CallerKind& caller : place.callers()) {
      const auto expected = Refusal(rule->role, caller);
      const grpc::Status status = CallOnce(caller, method);
      if (expected.has_value()) {
        ++refused;
        EXPECT_EQ(status.error_code(), *expected)
            << method << " by " << caller.name << ": " << status.error_message();
      } else {
        ++admitted;
        EXPECT_FALSE(IsRefusal(status.error_code()))
            << method << " by " << caller.name << ": " << status.error_message();
      }
    }
  }
  EXPECT_GT(refused, 5 * static_cast<int>(methods.size()));
  EXPECT_GT(admitted, static_cast<int>(methods.size()));
}

INSTANTIATE_TEST_SUITE_P(Listeners, AccessTableTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "Tls" : "Plaintext"; });

}  // namespace
}  // namespace sluice::controlplane
