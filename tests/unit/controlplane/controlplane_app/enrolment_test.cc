// Nodes come in over TLS, renew, are expelled and come back: over real sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/crypto/certificate.h"
#include "tests/unit/controlplane/controlplane_app/identities.h"
#include "tests/unit/controlplane/controlplane_app/running_app.h"

namespace sluice::controlplane {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class EnrolmentTest : public ::testing::Test {
 protected:
  static void Prepare(AppOptions& options) { options.tls.on = true; }

  base::Secret Token() const { return app_.Token("join.token"); }
  Shown Joined(const std::string& node) {
    Shown shown;
    const grpc::Status status = Join(app_, node, Token(), &shown);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return shown;
  }
  grpc::Status Renew(const Shown& shown, std::string* certificate = nullptr) {
    fleet::v1::RenewRequest request;
    request.set_certificate_request(*crypto::MakeCertificateRequest(shown.private_key));
    fleet::v1::JoinResponse response;
    const grpc::Status status =
        fleet::v1::Fleet::NewStub(app_.Channel(shown.certificate, shown.private_key))
            ->Renew(RunningApp::With(base::Secret()).get(), request, &response);
    if (certificate != nullptr) *certificate = response.certificate();
    return status;
  }
  std::vector<std::string> Audit() {
    admin::v1::ListAuditResponse response;
    EXPECT_TRUE(admin::v1::AuditService::NewStub(app_.Channel())
                    ->ListAudit(app_.AsOwner().get(), {}, &response)
                    .ok());
    std::vector<std::string> lines;
    for (const auto& entry : response.entries()) {
      lines.push_back(entry.actor() + ": " + entry.rpc() + ": " + entry.summary());
    }
    return lines;
  }

  RunningApp app_{Prepare};
};

// A node on a stream of its own.
class Stream {
 public:
  Stream(RunningApp& app, const Shown& shown, const std::string& id)
      : context_(RunningApp::With(base::Secret())),
        stub_(fleet::v1::Fleet::NewStub(app.Channel(shown.certificate, shown.private_key))),
        stream_(stub_->Connect(context_.get())) {
    fleet::v1::NodeMessage message;
    message.mutable_hello()->set_node_id(id);
    message.mutable_hello()->set_build("test");
    stream_->Write(message);
  }
  ~Stream() {
    context_->TryCancel();
    if (!ended_) End();
  }
  // False if the stream ended instead.
  bool Greeted() {
    fleet::v1::ControlMessage message;
    return stream_->Read(&message);
  }
  grpc::Status End() {
    fleet::v1::ControlMessage message;
    while (stream_->Read(&message)) continue;
    ended_ = true;
    return stream_->Finish();
  }

 private:
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<fleet::v1::Fleet::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<fleet::v1::NodeMessage, fleet::v1::ControlMessage>>
      stream_;
  bool ended_ = false;
};

TEST_F(EnrolmentTest, ANodeJoinsConnectsAndIsShownWithItsCertificate) {
  const Shown shown = Joined("eu-3");
  const auto facts = crypto::ReadCertificate(shown.certificate);
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_EQ(facts->uris.front(), "sluice-node:eu-3");
  EXPECT_GT(facts->not_after, absl::Now() + absl::Hours(23));
  EXPECT_LT(facts->not_after, absl::Now() + absl::Hours(25));
  Stream stream(app_, shown, "eu-3");
  ASSERT_TRUE(stream.Greeted());
  const admin::v1::Node node = app_.Node("eu-3");
  EXPECT_TRUE(node.connected());
  EXPECT_EQ(node.certificate_expires_at().seconds(), absl::ToUnixSeconds(facts->not_after));
  EXPECT_FALSE(node.has_expelled_at());
  EXPECT_THAT(Audit(), Contains(StartsWith("join: Join: node eu-3 joined, certificate until ")));
}

TEST_F(EnrolmentTest, ANodeCannotSayItIsAnother) {
  const Shown shown = Joined("eu-3");
  Stream stream(app_, shown, "eu-4");
  const grpc::Status status = stream.End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(status.error_message(), "the certificate is of node eu-3, not of eu-4");
}

TEST_F(EnrolmentTest, ACertificateIsRenewedForTheSameNode) {
  const Shown shown = Joined("eu-3");
  std::string certificate;
  const grpc::Status status = Renew(shown, &certificate);
  ASSERT_TRUE(status.ok()) << status.error_message();
  const auto old_facts = crypto::ReadCertificate(shown.certificate);
  const auto facts = crypto::ReadCertificate(certificate);
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_EQ(facts->uris.front(), "sluice-node:eu-3");
  EXPECT_GT(facts->issued_at, old_facts->issued_at);
  Stream stream(app_, {certificate, shown.private_key.Clone()}, "eu-3");
  EXPECT_TRUE(stream.Greeted());
  EXPECT_THAT(Audit(), Contains(StartsWith("node eu-3: Renew: certificate of node eu-3 renewed")));
}

TEST_F(EnrolmentTest, AnExpelledNodeIsCutOffAndComesBackOnlyWithANewToken) {
  const Shown shown = Joined("eu-3");
  Stream stream(app_, shown, "eu-3");
  ASSERT_TRUE(stream.Greeted());
  ASSERT_TRUE(Expel(app_, "eu-3").ok());

  const grpc::Status cut = stream.End();
  EXPECT_EQ(cut.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(cut.error_message(), "node eu-3 was expelled");
  EXPECT_EQ(Renew(shown).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(Stream(app_, shown, "eu-3").End().error_code(), grpc::StatusCode::PERMISSION_DENIED);
  const grpc::Status with_old = Join(app_, "eu-3", Token());
  EXPECT_EQ(with_old.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(with_old.error_message(), HasSubstr("needs a join token that was made since"));
  EXPECT_TRUE(app_.Node("eu-3").has_expelled_at());
  EXPECT_TRUE(Join(app_, "eu-4", Token()).ok()) << "the token is good for others";

  Shown again;
  const grpc::Status back = Join(app_, "eu-3", MakeJoinToken(app_, "new"), &again);
  ASSERT_TRUE(back.ok()) << back.error_message();
  Stream stream_again(app_, again, "eu-3");
  EXPECT_TRUE(stream_again.Greeted());
  EXPECT_FALSE(app_.Node("eu-3").has_expelled_at());
  EXPECT_EQ(Stream(app_, shown, "eu-3").End().error_code(), grpc::StatusCode::PERMISSION_DENIED)
      << "what it had before stays worth nothing";
  EXPECT_THAT(Audit(), Contains("owner: ExpelNode: node eu-3 expelled"));
}

TEST_F(EnrolmentTest, AnExpulsionIsRememberedOverARestart) {
  const Shown shown = Joined("eu-3");
  ASSERT_TRUE(Expel(app_, "eu-3").ok());
  app_.Restart();
  EXPECT_EQ(Stream(app_, shown, "eu-3").End().error_code(), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(EnrolmentTest, OnlyANodeThatExistsIsExpelled) {
  const grpc::Status status = Expel(app_, "eu-33");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "there is no node \"eu-33\"");
}

TEST_F(EnrolmentTest, ASessionEndsWithItsCertificate) {
  const Shown shown =
      MakeShown(AuthorityOf(app_), "eu-3", absl::Now() - absl::Seconds(58), absl::Minutes(1));
  Stream stream(app_, shown, "eu-3");
  ASSERT_TRUE(stream.Greeted());
  const grpc::Status status = stream.End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(status.error_message(), "the certificate has expired");
}

TEST_F(EnrolmentTest, ATokenForOneUseLetsInOneNodeHoweverManyTry) {
  constexpr int kNodes = 8;
  const base::Secret token = MakeJoinToken(app_, "once", true);
  std::atomic<int> in = 0;
  std::vector<std::thread> nodes;
  for (int i = 0; i < kNodes; ++i) {
    nodes.emplace_back([&, i] {
      const grpc::Status status = Join(app_, "n" + std::to_string(i), token);
      if (status.ok()) {
        ++in;
      } else {
        EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
        EXPECT_EQ(status.error_message(),
                  "the join token \"once\" was for one use, and has been used");
      }
    });
  }
  for (std::thread& node : nodes) node.join();
  EXPECT_EQ(in, 1);
  admin::v1::ListJoinTokensResponse listed;
  ASSERT_TRUE(admin::v1::JoinTokenService::NewStub(app_.Channel())
                  ->ListJoinTokens(app_.AsOwner().get(), {}, &listed)
                  .ok());
  ASSERT_EQ(listed.join_tokens_size(), 2);
  EXPECT_THAT(listed.join_tokens(1).used_by(), StartsWith("n"));
}

TEST_F(EnrolmentTest, ARevokedTokenIsRefusedAtOnceAndItsNodesStay) {
  const base::Secret token = MakeJoinToken(app_, "eu");
  Shown shown;
  ASSERT_TRUE(Join(app_, "eu-3", token, &shown).ok());
  ASSERT_TRUE(RevokeJoinToken(app_, "eu").ok());
  EXPECT_EQ(Join(app_, "eu-4", token).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  Stream stream(app_, shown, "eu-3");
  EXPECT_TRUE(stream.Greeted());
  EXPECT_EQ(RevokeJoinToken(app_, "eu").error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(EnrolmentTest, JoinTokensAreChecked) {
  admin::v1::CreateJoinTokenRequest request;
  admin::v1::CreateJoinTokenResponse response;
  const auto create = [&] {
    return admin::v1::JoinTokenService::NewStub(app_.Channel())
        ->CreateJoinToken(app_.AsOwner().get(), request, &response);
  };
  request.set_name("Not A Name");
  EXPECT_EQ(create().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request.set_name("eu");
  request.mutable_expires_in()->set_seconds(-1);
  EXPECT_EQ(create().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request.mutable_expires_in()->set_seconds(3600);
  ASSERT_TRUE(create().ok());
  EXPECT_NEAR(response.join_token().expires_at().seconds(), absl::ToUnixSeconds(absl::Now()) + 3600,
              60);
  EXPECT_EQ(create().error_code(), grpc::StatusCode::ALREADY_EXISTS);
  request.set_name(response.join_token().id());
  EXPECT_EQ(create().error_code(), grpc::StatusCode::ALREADY_EXISTS) << "its id as a name";
}

TEST_F(EnrolmentTest, JoinRefusesWhatIsNoNodeAndNoRequest) {
  fleet::v1::JoinRequest request;
  fleet::v1::JoinResponse response;
  const auto join = [&] {
    return fleet::v1::Fleet::NewStub(app_.Channel())
        ->Join(RunningApp::With(Token()).get(), request, &response);
  };
  request.set_node_id("a b");
  EXPECT_THAT(join().error_message(), HasSubstr("node_id \"a b\" is not 1 to 128"));
  request.set_node_id("eu-3");
  request.set_certificate_request("nonsense");
  const grpc::Status status = join();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("PKCS #10"));
}

TEST_F(EnrolmentTest, WithoutTlsThereAreNoCertificates) {
  RunningApp plain;
  const grpc::Status status = Join(plain, "eu-3", plain.Token("join.token"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(status.error_message(), HasSubstr("without TLS"));
}

TEST_F(EnrolmentTest, InPlaintextAnExpelledNodeNeedsANewTokenToo) {
  RunningApp plain;
  FakeNode node(plain, "n1");
  node.Hello();
  ASSERT_GE(node.Receive().revision(), 0);
  ASSERT_TRUE(Expel(plain, "n1").ok());
  EXPECT_EQ(node.Finish().error_code(), grpc::StatusCode::PERMISSION_DENIED);
  FakeNode again(plain, "n1");
  again.Hello();
  EXPECT_EQ(again.Finish().error_code(), grpc::StatusCode::PERMISSION_DENIED);
  FakeNode other(plain, "n2");
  other.Hello();
  EXPECT_GE(other.Receive().revision(), 0);
}

// The private number of one key with the public point of another: the library, which compares
// public points, takes it for the key of that point's certificate.
base::Secret PretendedKey(const base::Secret& wanted) {
  const auto read = [](const base::Secret& pem) {
    BIO* bio = BIO_new_mem_buf(pem.Reveal().data(), static_cast<int>(pem.Reveal().size()));
    EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
    BIO_free(bio);
    return key;
  };
  EVP_PKEY* theirs = read(wanted);
  EVP_PKEY* mine = read(crypto::MakePrivateKey());
  unsigned char point[128];
  size_t point_size = 0;
  EVP_PKEY_get_octet_string_param(theirs, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point),
                                  &point_size);
  BIGNUM* number = nullptr;
  EVP_PKEY_get_bn_param(mine, OSSL_PKEY_PARAM_PRIV_KEY, &number);
  OSSL_PARAM_BLD* builder = OSSL_PARAM_BLD_new();
  OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, point_size);
  OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, number);
  OSSL_PARAM* parameters = OSSL_PARAM_BLD_to_param(builder);
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr);
  EVP_PKEY* pretended = nullptr;
  EXPECT_EQ(EVP_PKEY_fromdata_init(context), 1);
  EXPECT_EQ(EVP_PKEY_fromdata(context, &pretended, EVP_PKEY_KEYPAIR, parameters), 1);
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(bio, pretended, nullptr, nullptr, 0, nullptr, nullptr);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  base::Secret pem(std::string_view(bytes, static_cast<size_t>(size)));
  BIO_free(bio);
  EVP_PKEY_CTX_free(context);
  OSSL_PARAM_free(parameters);
  OSSL_PARAM_BLD_free(builder);
  BN_free(number);
  for (EVP_PKEY* key : {theirs, mine, pretended}) EVP_PKEY_free(key);
  return pem;
}

TEST_F(EnrolmentTest, ACertificateWithoutItsKeyDoesNotComeToACall) {
  const Shown shown = Joined("eu-3");
  const Shown stolen = {shown.certificate, PretendedKey(shown.private_key)};
  ASSERT_TRUE(crypto::CheckKeyFits(stolen.private_key, stolen.certificate).ok())
      << "the client must take it, so that it is the server who finds out";
  const grpc::Status status = Renew(stolen);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
  EXPECT_FALSE(Stream(app_, stolen, "eu-3").Greeted());
  EXPECT_TRUE(Renew(shown).ok()) << "with its key it does";
}

}  // namespace
}  // namespace sluice::controlplane
