#include "common/wire/channel.h"

#include <gmock/gmock.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <map>
#include <memory>

namespace sluice::wire {
namespace {

using ::testing::HasSubstr;

// Takes every call with one message; answers with the token that came with it.
class AnyService : public grpc::CallbackGenericService {
 public:
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    class Reactor : public grpc::ServerGenericBidiReactor {
     public:
      explicit Reactor(std::string token) : token_(std::move(token)) { StartRead(&request_); }
      void OnReadDone(bool ok) override {
        if (!ok) return Finish(grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "nothing read"));
        const grpc::Slice slice(token_);
        response_ = grpc::ByteBuffer(&slice, 1);
        StartWriteAndFinish(&response_, grpc::WriteOptions(), grpc::Status::OK);
      }
      void OnDone() override { delete this; }

     private:
      std::string token_;
      grpc::ByteBuffer request_;
      grpc::ByteBuffer response_;
    };
    return new Reactor(std::string(TokenOf(context->client_metadata())));
  }
};

class ChannelTest : public testing::Test {
 protected:
  explicit ChannelTest(const std::string& listen = "127.0.0.1:0") {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(listen, grpc::InsecureServerCredentials(), &port_);
    ConfigureServer(builder);
    builder.RegisterCallbackGenericService(&service_);
    server_ = builder.BuildAndStart();
  }
  ~ChannelTest() override {
    if (server_ != nullptr)
      server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(5));
  }

  std::string target() const { return "127.0.0.1:" + std::to_string(port_); }

  // Sends `bytes`; the answer is the token the server saw.
  grpc::Status Call(const ChannelOptions& options, size_t bytes, const base::Secret& token,
                    std::string* answer) {
    const absl::StatusOr<std::shared_ptr<grpc::Channel>> channel = OpenChannel(options);
    EXPECT_TRUE(channel.ok()) << channel.status();
    grpc::GenericStub stub(*channel);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    if (!token.empty()) AttachToken(context, token);
    const grpc::Slice slice(std::string(bytes, 'x'));
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    grpc::CompletionQueue queue;
    auto call = stub.PrepareUnaryCall(&context, "/sluice.test/Any", request, &queue);
    call->StartCall();
    grpc::Status status;
    call->Finish(&response, &status, this);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    grpc::Slice whole;
    if (status.ok() && response.DumpToSingleSlice(&whole).ok()) {
      answer->assign(reinterpret_cast<const char*>(whole.begin()), whole.size());
    }
    return status;
  }

  AnyService service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(ChannelTest, CarriesATokenToTheServer) {
  std::string answer;
  const grpc::Status status =
      Call({.target = target()}, 10, base::Secret(std::string_view("slj_token")), &answer);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(answer, "slj_token");
}

TEST_F(ChannelTest, TakesMessagesAboveTheDefaultLimitOfGrpc) {
  std::string answer;
  const grpc::Status status = Call({.target = target()}, 7 * 1024 * 1024, base::Secret(), &answer);
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(ChannelTest, RefusesMessagesAboveItsOwnLimit) {
  std::string answer;
  const grpc::Status status =
      Call({.target = target()}, kMaxMessageBytes + 1, base::Secret(), &answer);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << status.error_message();
}

TEST_F(ChannelTest, DoesNotGoThroughAProxyOfTheEnvironment) {
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  std::string answer;
  const grpc::Status status =
      Call({.target = target(), .own_connection = true}, 10, base::Secret(), &answer);
  unsetenv("http_proxy");
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(ChannelTest, ReachesLocalhostWithoutALookUp) {
  std::string answer;
  const grpc::Status status =
      Call({.target = "localhost:" + std::to_string(port_)}, 10, base::Secret(), &answer);
  EXPECT_TRUE(status.ok()) << status.error_message();
}

class Ipv6ChannelTest : public ChannelTest {
 protected:
  Ipv6ChannelTest() : ChannelTest("[::1]:0") {}
};

TEST_F(Ipv6ChannelTest, ReachesAnAddressInBrackets) {
  if (server_ == nullptr) GTEST_SKIP() << "this machine has no ::1";
  std::string answer;
  const grpc::Status status =
      Call({.target = "[::1]:" + std::to_string(port_)}, 10, base::Secret(), &answer);
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(ChannelTest, ASecondServerCannotShareThePort) {
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(target(), grpc::InsecureServerCredentials(), &port);
  ConfigureServer(builder);
  AnyService service;
  builder.RegisterCallbackGenericService(&service);
  EXPECT_EQ(builder.BuildAndStart(), nullptr);
}

TEST(OpenChannel, RefusesPlaintextToAnotherMachine) {
  for (const std::string target : {"10.0.0.1:9090", "control.example.com:9090", "[2001:db8::1]:1",
                                   "0.0.0.0:9090", "unix:9090"}) {
    const auto refused = OpenChannel({.target = target});
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition) << target;
    EXPECT_THAT(std::string(refused.status().message()), HasSubstr(target));
    EXPECT_TRUE(OpenChannel({.target = target, .insecure = true}).ok());
  }
  for (const std::string target : {"127.0.0.1:9090", "[::1]:9090", "localhost:9090"}) {
    EXPECT_TRUE(OpenChannel({.target = target}).ok()) << target;
  }
}

TEST(OpenChannel, NamesATargetThatIsNoAddress) {
  for (const std::string target : {"", "localhost", "localhost:x", "unix:///tmp/x.sock"}) {
    const auto refused = OpenChannel({.target = target, .insecure = true});
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument) << target;
  }
}

TEST(TokenOf, TakesOneBearerToken) {
  using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;
  EXPECT_EQ(TokenOf(Metadata{{"authorization", "Bearer abc"}}), "abc");
  EXPECT_EQ(TokenOf(Metadata{{"authorization", "bearer abc"}, {"x", "y"}}), "abc");
  EXPECT_EQ(TokenOf(Metadata{}), "");
  EXPECT_EQ(TokenOf(Metadata{{"authorization", "Basic abc"}}), "");
  EXPECT_EQ(TokenOf(Metadata{{"authorization", "Bearer"}}), "");
  EXPECT_EQ(TokenOf(Metadata{{"authorization", ""}}), "");
  EXPECT_EQ(TokenOf(Metadata{{"authorization", "Bearer a"}, {"authorization", "Bearer b"}}), "");
}

TEST(Status, CrossesBothWays) {
  for (int code = 1; code <= 16; ++code) {
    const absl::Status status(static_cast<absl::StatusCode>(code), "a sentence");
    const grpc::Status crossed = ToGrpcStatus(status);
    EXPECT_EQ(static_cast<int>(crossed.error_code()), code);
    EXPECT_EQ(crossed.error_message(), "a sentence");
    EXPECT_EQ(ToAbslStatus(crossed), status);
  }
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
  EXPECT_TRUE(ToAbslStatus(grpc::Status::OK).ok());
}

}  // namespace
}  // namespace sluice::wire
