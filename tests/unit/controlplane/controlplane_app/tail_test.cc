// Tail and GetActivity over real sockets: from a node's stream to callers of the admin API.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "tests/support/deadline.h"
#include "tests/unit/controlplane/controlplane_app/running_app.h"
#include "tests/unit/controlplane/service/http_get.h"
#include "tests/unit/controlplane/store/usage_samples.h"

namespace sluice::controlplane {
namespace {

using ::testing::HasSubstr;

using admin::v1::TailRequest;
using admin::v1::TailResponse;

// A node that can be watched.
class WatchedNode {
 public:
  WatchedNode(RunningApp& app, const std::string& id)
      : context_(app.AsNode()), stub_(fleet::v1::Fleet::NewStub(app.Channel())) {
    stream_ = stub_->Connect(context_.get());
    fleet::v1::NodeMessage hello;
    hello.mutable_hello()->set_node_id(id);
    hello.mutable_hello()->add_capabilities("tail");
    EXPECT_TRUE(stream_->Write(hello));
  }
  ~WatchedNode() {
    context_->TryCancel();
    fleet::v1::ControlMessage message;
    while (stream_->Read(&message)) continue;
    stream_->Finish();
  }

  // What comes besides is passed over; without filters if the stream ended.
  fleet::v1::TailOrder NextOrder() {
    fleet::v1::ControlMessage message;
    while (stream_->Read(&message)) {
      if (message.has_tail_order()) return message.tail_order();
    }
    ADD_FAILURE() << "the stream ended";
    return {};
  }
  int64_t NextAck() {
    fleet::v1::ControlMessage message;
    while (stream_->Read(&message)) {
      if (message.has_usage_ack()) return message.usage_ack().stored();
    }
    return -1;
  }
  void Tell(const std::string& json, int status) {
    fleet::v1::NodeMessage message;
    auto* line = message.mutable_tail_lines()->add_lines();
    line->set_json(json);
    line->set_status(status);
    EXPECT_TRUE(stream_->Write(message));
  }
  void Tell(const fleet::v1::UsageBatch& batch) {
    fleet::v1::NodeMessage message;
    *message.mutable_usage_batch() = batch;
    EXPECT_TRUE(stream_->Write(message));
  }

 private:
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<fleet::v1::Fleet::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<fleet::v1::NodeMessage, fleet::v1::ControlMessage>>
      stream_;
};

class Watcher {
 public:
  Watcher(RunningApp& app, const TailRequest& request)
      : context_(app.AsOwner()),
        stub_(admin::v1::UsageService::NewStub(app.Channel())),
        reader_(stub_->Tail(context_.get(), request)) {}
  ~Watcher() { Leave(); }

  // The first message says that it has begun.
  bool Begun() {
    TailResponse response;
    return reader_->Read(&response) && response.lines().empty();
  }
  // "" if the call ended.
  std::string NextLine() {
    TailResponse response;
    while (reader_->Read(&response)) {
      if (!response.lines().empty()) return response.lines(0);
    }
    return "";
  }
  grpc::Status Finish() {
    TailResponse response;
    while (reader_->Read(&response)) continue;
    finished_ = true;
    return reader_->Finish();
  }
  void Leave() {
    if (finished_) return;
    context_->TryCancel();
    Finish();
  }

 private:
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<admin::v1::UsageService::Stub> stub_;
  std::unique_ptr<grpc::ClientReader<TailResponse>> reader_;
  bool finished_ = false;
};

TailRequest Wish(int status = 0, const std::string& key = "", int rate = 0) {
  TailRequest request;
  request.set_status(status);
  request.set_client_key(key);
  request.set_lines_per_second(rate);
  return request;
}

TEST(TailTest, FromTheNodeToWhoeverWatchesUntilHeLeaves) {
  RunningApp app;
  WatchedNode node(app, "n1");
  {
    Watcher watcher(app, Wish(5, "", 200));
    ASSERT_TRUE(watcher.Begun());
    const fleet::v1::TailOrder order = node.NextOrder();
    ASSERT_EQ(order.filters_size(), 1);
    EXPECT_EQ(order.filters(0).status(), 5);
    EXPECT_EQ(order.lines_per_second(), 200);
    node.Tell("{\"a\":1}", 200);
    node.Tell("{\"a\":2}", 503);
    EXPECT_EQ(watcher.NextLine(), "{\"a\":2}");
    const std::string metrics = service::HttpGet(app.app().ops_port(), "/metrics");
    EXPECT_THAT(metrics, HasSubstr("sluice_controlplane_tail_watches 1\n"));
    EXPECT_THAT(metrics, HasSubstr("sluice_controlplane_tail_lines_total 1\n"));
  }
  EXPECT_EQ(node.NextOrder().filters_size(), 0) << "the last has left";
}

TEST(TailTest, ANameIsTheIdOfItsKey) {
  RunningApp app;
  admin::v1::CreateClientKeyRequest create;
  create.mutable_client_key()->set_name("reports");
  admin::v1::CreateClientKeyResponse created;
  ASSERT_TRUE(admin::v1::ClientKeyService::NewStub(app.Channel())
                  ->CreateClientKey(app.AsOwner().get(), create, &created)
                  .ok());
  WatchedNode node(app, "n1");
  Watcher watcher(app, Wish(0, "reports"));
  ASSERT_TRUE(watcher.Begun());
  const fleet::v1::TailOrder order = node.NextOrder();
  ASSERT_EQ(order.filters_size(), 1);
  EXPECT_EQ(order.filters(0).client_key_id(), created.client_key().id());
  EXPECT_EQ(order.lines_per_second(), 50);
}

TEST(TailTest, WhatCannotBeWatchedIsRefusedByName) {
  RunningApp app;
  const auto refusal = [&app](const TailRequest& request) {
    return Watcher(app, request).Finish();
  };
  grpc::Status status = refusal(Wish(700));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("status: 700"));
  status = refusal(Wish(0, "", 1001));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("lines_per_second: 1001 is not 1 to 1000"));
  EXPECT_EQ(refusal(Wish(0, "", -1)).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  status = refusal(Wish(0, "nobody"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(status.error_message(), HasSubstr("client_key: there is no client key \"nobody\""));
}

TEST(TailTest, TheSeventeenthIsSentAwayAndComesWhenOneHasLeft) {
  RunningApp app;
  std::vector<std::unique_ptr<Watcher>> watchers;
  for (int i = 0; i < 16; ++i) {
    watchers.push_back(std::make_unique<Watcher>(app, Wish()));
    ASSERT_TRUE(watchers.back()->Begun());
  }
  const grpc::Status status = Watcher(app, Wish()).Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(status.error_message(), HasSubstr("16 others watch"));
  watchers.pop_back();
  // That it has left is known a moment later.
  EXPECT_TRUE(test::Eventually([&app] { return Watcher(app, Wish()).Begun(); }));
}

TEST(TailTest, AControlPlaneThatStopsSaysSo) {
  RunningApp app;
  WatchedNode node(app, "n1");
  Watcher watcher(app, Wish());
  ASSERT_TRUE(watcher.Begun());
  app.Stop();
  EXPECT_EQ(watcher.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

// What comes and goes at any moment; the sanitizers look on.
TEST(TailTest, CallersThatLeaveAtOnceLeaveNothing) {
  RunningApp app;
  WatchedNode node(app, "n1");
  for (int i = 0; i < 40; ++i) {
    const Watcher hasty(app, Wish());
    node.Tell("{}", 200);
    if (i % 4 != 0) continue;
    EXPECT_TRUE(test::Eventually([&app] { return Watcher(app, Wish()).Begun(); }));
  }
  EXPECT_TRUE(test::Eventually([&app] {
    return service::HttpGet(app.app().ops_port(), "/metrics")
               .find("sluice_controlplane_tail_watches 0\n") != std::string::npos;
  }));
}

TEST(ActivityTest, WhatNodesToldIsSummedUpWithTheNamesOfKeys) {
  RunningApp app;
  admin::v1::CreateClientKeyRequest create;
  create.mutable_client_key()->set_name("reports");
  admin::v1::CreateClientKeyResponse created;
  ASSERT_TRUE(admin::v1::ClientKeyService::NewStub(app.Channel())
                  ->CreateClientKey(app.AsOwner().get(), create, &created)
                  .ok());
  WatchedNode node(app, "n1");
  auto usage = store::NumberedUsage("", 'a', 1, 4, absl::Now() - absl::Seconds(1));
  usage.batch.mutable_records(0)->set_client_key_id(created.client_key().id());
  node.Tell(usage.batch);
  ASSERT_EQ(node.NextAck(), 4);
  const auto stub = admin::v1::UsageService::NewStub(app.Channel());
  admin::v1::GetActivityResponse response;
  ASSERT_TRUE(
      stub->GetActivity(app.AsOwner().get(), admin::v1::GetActivityRequest(), &response).ok());
  EXPECT_GE(response.seconds(), 60);
  EXPECT_LE(response.seconds(), 66);
  EXPECT_EQ(response.total().requests(), 4);
  ASSERT_EQ(response.client_keys_size(), 2);
  EXPECT_EQ(response.client_keys(0).name(), "k");
  EXPECT_EQ(response.client_keys(0).client_key_name(), "");
  EXPECT_EQ(response.client_keys(1).client_key_name(), "reports");
}

TEST(ActivityTest, OtherTimesAreRefusedByName) {
  RunningApp app;
  const auto stub = admin::v1::UsageService::NewStub(app.Channel());
  for (const int seconds : {-1, 301}) {
    admin::v1::GetActivityRequest request;
    request.set_seconds(seconds);
    admin::v1::GetActivityResponse response;
    const grpc::Status status = stub->GetActivity(app.AsOwner().get(), request, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(), HasSubstr("seconds: " + std::to_string(seconds)));
  }
}

}  // namespace
}  // namespace sluice::controlplane
