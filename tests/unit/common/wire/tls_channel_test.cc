// TLS between a channel and a server: what each side sees, and what is said when they disagree.
#include <gmock/gmock.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "common/base/text.h"
#include "common/crypto/certificate_authority.h"
#include "common/crypto/private_key.h"
#include "common/wire/channel.h"
#include "common/wire/connect_failure.h"

namespace sluice::wire {
namespace {

using ::testing::HasSubstr;

// Answers every call with INVALID_ARGUMENT and what it saw of the peer.
class MirrorService : public grpc::CallbackGenericService {
 public:
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    class Reactor : public grpc::ServerGenericBidiReactor {
     public:
      explicit Reactor(const std::string& seen) {
        Finish({grpc::StatusCode::INVALID_ARGUMENT, seen});
      }
      void OnDone() override { delete this; }
    };
    const auto peer = context->auth_context();
    const std::string certificate = PeerCertificate(*peer);
    return new Reactor(base::Cat(IsOverTls(*peer) ? "tls" : "plaintext", ":",
                                 certificate.empty() ? "none" : certificate));
  }
};

class TlsChannelTest : public ::testing::Test {
 protected:
  void Listen(const std::string& address, const std::vector<std::string>& hosts) {
    const base::Secret key = crypto::MakePrivateKey();
    const auto certificate = authority_.IssueServer(key, hosts, absl::Now(), absl::Hours(1));
    Listen(address, TlsServer({*certificate, key.Clone()}));
  }
  void Listen(const std::string& address, std::shared_ptr<grpc::ServerCredentials> credentials) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address, std::move(credentials), &port_);
    ConfigureServer(builder);
    builder.RegisterCallbackGenericService(&service_);
    server_ = builder.BuildAndStart();
  }
  ~TlsChannelTest() override {
    if (server_ != nullptr) {
      server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(5));
    }
  }
  ChannelOptions To(const std::string& host) const {
    ChannelOptions options{.target = base::Cat(host, ":", port_), .own_connection = true};
    options.authorities = authority_.certificate();
    return options;
  }
  static grpc::Status Call(const ChannelOptions& options) {
    const auto channel = OpenChannel(options);
    EXPECT_TRUE(channel.ok()) << channel.status();
    grpc::GenericStub stub(*channel);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    const grpc::Slice empty;
    const grpc::ByteBuffer request(&empty, 1);
    grpc::ByteBuffer response;
    grpc::CompletionQueue queue;
    const auto call = stub.PrepareUnaryCall(&context, "/sluice.test/Any", request, &queue);
    call->StartCall();
    grpc::Status status;
    call->Finish(&response, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    return status;
  }
  // What the server saw.
  static std::string Seen(const ChannelOptions& options) {
    const grpc::Status status = Call(options);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
    return status.error_message();
  }
  // In words.
  static std::string Failure(const ChannelOptions& options) {
    const grpc::Status status = Call(options);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << status.error_message();
    return ConnectFailure(status.error_message(), !options.authorities.empty());
  }

  const crypto::CertificateAuthority authority_ =
      crypto::CertificateAuthority::Create(absl::Now(), absl::Hours(24));
  MirrorService service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(TlsChannelTest, ReachesNamesAndAddressesThatTheCertificateHas) {
  Listen("127.0.0.1:0", {"localhost", "127.0.0.1"});
  EXPECT_EQ(Seen(To("127.0.0.1")), "tls:none");
  EXPECT_EQ(Seen(To("localhost")), "tls:none");
}

TEST_F(TlsChannelTest, ReachesAnIpv6Address) {
  Listen("[::1]:0", {"::1"});
  if (server_ == nullptr) GTEST_SKIP() << "this machine has no ::1";
  EXPECT_EQ(Seen(To("[::1]")), "tls:none");
}

TEST_F(TlsChannelTest, ANameIsTheCertificatesNotTheAddresss) {
  Listen("127.0.0.1:0", {"127.0.0.1"});
  EXPECT_EQ(Failure(To("localhost")), "its certificate is for other names than this address");
}

TEST_F(TlsChannelTest, TheServerSeesTheClientsCertificate) {
  Listen("127.0.0.1:0", {"127.0.0.1"});
  ChannelOptions options = To("127.0.0.1");
  options.private_key = crypto::MakePrivateKey();
  // Of an authority that the server does not know: to say so is the server's business.
  const auto other = crypto::CertificateAuthority::Create(absl::Now(), absl::Hours(24));
  options.certificate = *other.IssueClient(*crypto::MakeCertificateRequest(options.private_key),
                                           "sluice-node:n", absl::Now(), absl::Hours(1));
  EXPECT_EQ(Seen(options), base::Cat("tls:", options.certificate));
}

TEST_F(TlsChannelTest, AServerOfAnotherAuthorityIsNotBelieved) {
  Listen("127.0.0.1:0", {"127.0.0.1"});
  ChannelOptions options = To("127.0.0.1");
  options.authorities =
      crypto::CertificateAuthority::Create(absl::Now(), absl::Hours(24)).certificate();
  EXPECT_EQ(Failure(options),
            "its certificate is not from the authority that was given, or has expired");
}

TEST_F(TlsChannelTest, PlaintextToATlsListenerIsSaidSo) {
  Listen("127.0.0.1:0", {"127.0.0.1"});
  ChannelOptions options = To("127.0.0.1");
  options.authorities = "";
  EXPECT_EQ(Failure(options),
            "it closed the connection; if it listens with TLS, its CA file must be given");
}

TEST_F(TlsChannelTest, TlsToAPlaintextListenerIsSaidSo) {
  Listen("127.0.0.1:0", grpc::InsecureServerCredentials());
  EXPECT_EQ(Failure(To("127.0.0.1")), "what listens there does not speak TLS");
  ChannelOptions options = To("127.0.0.1");
  options.authorities = "";
  EXPECT_EQ(Seen(options), "plaintext:none");
}

TEST_F(TlsChannelTest, AnotherMachineMayBeReachedWithTls) {
  ChannelOptions options{.target = "192.0.2.1:9090"};
  EXPECT_FALSE(OpenChannel(options).ok());
  options.authorities = authority_.certificate();
  EXPECT_TRUE(OpenChannel(options).ok());
}

TEST(ConnectFailureTest, OtherFailuresKeepTheLibrarysLastWord) {
  EXPECT_EQ(ConnectFailure("failed to connect to all addresses; last error: UNKNOWN: "
                           "ipv4:127.0.0.1:1: Connection refused",
                           false),
            "Connection refused");
  EXPECT_EQ(ConnectFailure("Socket closed", false), "Socket closed")
      << "of a connection that there was";
}

}  // namespace
}  // namespace sluice::wire
