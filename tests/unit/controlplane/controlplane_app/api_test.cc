// The admin API over real sockets: who may call, what is answered, what is counted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/synchronization/notification.h"
#include "common/crypto/key_text.h"
#include "controlplane/access/rpc_rules.h"
#include "tests/unit/controlplane/controlplane_app/running_app.h"
#include "tests/unit/controlplane/service/http_get.h"

namespace sluice::controlplane {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kCanary[] = "sk-canary-abcdefgh";

// An empty request to any method; a method that streams answers an error in the same way.
grpc::Status Call(RunningApp& app, const std::string& method, const base::Secret& token,
                  std::chrono::seconds at_most = std::chrono::seconds(60)) {
  grpc::GenericStub stub(app.Channel());
  auto context = RunningApp::With(token);
  context->set_deadline(std::chrono::system_clock::now() + at_most);
  const grpc::Slice empty;
  const grpc::ByteBuffer request(&empty, 1);
  grpc::ByteBuffer response;
  grpc::Status status;
  absl::Notification done;
  stub.UnaryCall(context.get(), method, grpc::StubOptions(), &request, &response,
                 [&](grpc::Status answered) {
                   status = std::move(answered);
                   done.Notify();
                 });
  done.WaitForNotification();
  return status;
}

std::vector<std::string> MethodsOf(const google::protobuf::FileDescriptor& file) {
  std::vector<std::string> methods;
  for (int s = 0; s < file.service_count(); ++s) {
    for (int m = 0; m < file.service(s)->method_count(); ++m) {
      methods.push_back("/" + file.service(s)->full_name() + "/" +
                        file.service(s)->method(m)->name());
    }
  }
  return methods;
}

TEST(ApiTest, EveryRpcOfTheApiRefusesAWrongToken) {
  RunningApp app;
  auto methods = MethodsOf(*admin::v1::Node::descriptor()->file());
  for (const std::string& method : MethodsOf(*fleet::v1::Hello::descriptor()->file())) {
    methods.push_back(method);
  }
  ASSERT_GE(methods.size(), 25u);
  const crypto::NewKey unknown_admin = crypto::MintKey(crypto::kAdminTokenPrefix);
  for (const std::string& method : methods) {
    EXPECT_EQ(Call(app, method, base::Secret()).error_code(), grpc::StatusCode::UNAUTHENTICATED)
        << method;
    EXPECT_EQ(Call(app, method, unknown_admin.text).error_code(), grpc::StatusCode::UNAUTHENTICATED)
        << method;
  }
}

TEST(ApiTest, EveryRpcOfTheAdminApiAdmitsTheOwnerAndNoNode) {
  RunningApp app;
  for (const std::string& method : MethodsOf(*admin::v1::Node::descriptor()->file())) {
    // Admitted, a method that waits for the fleet ends with this deadline.
    const grpc::StatusCode code =
        Call(app, method, app.Token("admin.token"), std::chrono::seconds(3)).error_code();
    EXPECT_NE(code, grpc::StatusCode::UNAUTHENTICATED) << method;
    EXPECT_NE(code, grpc::StatusCode::UNIMPLEMENTED) << method;
    EXPECT_EQ(Call(app, method, app.Token("join.token")).error_code(),
              grpc::StatusCode::UNAUTHENTICATED)
        << method;
  }
}

TEST(ApiTest, EveryMethodIsCountedUnderItsOwnName) {
  RunningApp app;
  for (const std::string& method : MethodsOf(*admin::v1::Node::descriptor()->file())) {
    Call(app, method, base::Secret());
    EXPECT_THAT(service::HttpGet(app.app().ops_port(), "/metrics"),
                HasSubstr("method=\"" + method.substr(1) + "\",code=\"UNAUTHENTICATED\"} 1"));
  }
}

TEST(ApiTest, HealthNeedsNoToken) {
  RunningApp app;
  EXPECT_TRUE(Call(app, "/grpc.health.v1.Health/Check", base::Secret()).ok());
}

TEST(ApiTest, ErrorsKeepTheirCodeAndSentence) {
  RunningApp app;
  ASSERT_TRUE(app.CreateProvider("a").ok());
  EXPECT_EQ(app.CreateProvider("a").error_code(), grpc::StatusCode::ALREADY_EXISTS);
  const grpc::Status bad = app.CreateProvider("Not A Name");
  EXPECT_EQ(bad.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(bad.error_message(), HasSubstr("Not A Name"));
}

TEST(ApiTest, AProviderKeyGoesInAndNeverComesOut) {
  RunningApp app;
  ASSERT_TRUE(app.CreateProvider("a").ok());
  auto stub = admin::v1::ProviderKeyService::NewStub(app.Channel());
  admin::v1::CreateProviderKeyRequest request;
  request.set_provider("a");
  request.set_name("main");
  request.set_secret(kCanary);
  admin::v1::CreateProviderKeyResponse created;
  ASSERT_TRUE(stub->CreateProviderKey(app.AsOwner().get(), request, &created).ok());
  EXPECT_THAT(created.DebugString(), Not(HasSubstr(kCanary)));
  admin::v1::ListProviderKeysResponse listed;
  ASSERT_TRUE(stub->ListProviderKeys(app.AsOwner().get(), {}, &listed).ok());
  EXPECT_THAT(listed.DebugString(), Not(HasSubstr(kCanary)));
  EXPECT_THAT(service::HttpGet(app.app().ops_port(), "/metrics"), Not(HasSubstr(kCanary)));
  FakeNode node(app, "n1");
  node.Hello();
  EXPECT_THAT(node.Receive().bytes(), HasSubstr(kCanary)) << "the node gets it";
  app.Stop();
  for (const char* file : {"state/sluice.db", "state/sluice.db-wal"}) {
    auto bytes = base::ReadFile(app.folder().File(file));
    if (bytes.ok()) {
      EXPECT_THAT(*bytes, Not(HasSubstr(kCanary))) << file;
    }
  }
}

TEST(ApiTest, StatusAndOpsPortShowHowThingsStand) {
  RunningApp app;
  ASSERT_TRUE(app.CreateProvider("a").ok());
  admin::v1::GetStatusResponse status;
  ASSERT_TRUE(admin::v1::StatusService::NewStub(app.Channel())
                  ->GetStatus(app.AsOwner().get(), {}, &status)
                  .ok());
  EXPECT_EQ(status.revision(), 1);
  EXPECT_EQ(status.providers(), 1);
  EXPECT_EQ(status.epoch().size(), 26u);
  const uint16_t ops = app.app().ops_port();
  EXPECT_THAT(service::HttpGet(ops, "/livez"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(service::HttpGet(ops, "/readyz"), StartsWith("HTTP/1.1 200"));
  const std::string metrics = service::HttpGet(ops, "/metrics");
  EXPECT_THAT(metrics, HasSubstr("Content-Type: text/plain; version=0.0.4"));
  EXPECT_THAT(metrics, HasSubstr("sluice_controlplane_writes_total 1"));
  EXPECT_THAT(metrics, HasSubstr("sluice_controlplane_nodes_connected 0"));
}

}  // namespace
}  // namespace sluice::controlplane
