// From a node's stream to the admin API and the metrics, over real sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "tests/unit/controlplane/controlplane_app/running_app.h"
#include "tests/unit/controlplane/service/http_get.h"
#include "tests/unit/controlplane/store/usage_samples.h"

namespace sluice::controlplane {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// A node that has its configuration and tells what was used.
class TellingNode {
 public:
  TellingNode(RunningApp& app, const std::string& id)
      : context_(app.AsNode()), stub_(fleet::v1::Fleet::NewStub(app.Channel())) {
    stream_ = stub_->Connect(context_.get());
    fleet::v1::NodeMessage hello;
    hello.mutable_hello()->set_node_id(id);
    EXPECT_TRUE(stream_->Write(hello));
  }
  ~TellingNode() { End(); }

  void Tell(const fleet::v1::UsageBatch& batch) {
    fleet::v1::NodeMessage message;
    *message.mutable_usage_batch() = batch;
    stream_->Write(message);
  }
  // How far the segment is stored; -1 if the stream ended. Configuration that comes is passed over.
  int64_t NextAck() {
    fleet::v1::ControlMessage message;
    while (stream_->Read(&message)) {
      if (message.has_usage_ack()) return message.usage_ack().stored();
    }
    return -1;
  }
  grpc::Status End() {
    if (ended_) return last_;
    ended_ = true;
    context_->TryCancel();
    return last_ = Finish();
  }
  // As the control plane ends it.
  grpc::Status Finish() {
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
  grpc::Status last_;
};

fleet::v1::UsageBatch BatchNow(char segment, int first, int count) {
  return store::NumberedUsage("", segment, first, count, absl::Now() - absl::Seconds(1)).batch;
}

admin::v1::QueryUsageResponse Query(RunningApp& app, admin::v1::QueryUsageRequest request = {}) {
  admin::v1::QueryUsageResponse response;
  const grpc::Status status = admin::v1::UsageService::NewStub(app.Channel())
                                  ->QueryUsage(app.AsOwner().get(), request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response;
}

TEST(UsageTest, WhatANodeTellsIsAnsweredAndCanBeAskedFor) {
  RunningApp app;
  TellingNode node(app, "n1");
  node.Tell(BatchNow('a', 1, 10));
  EXPECT_EQ(node.NextAck(), 10);
  node.Tell(BatchNow('a', 1, 12));
  EXPECT_EQ(node.NextAck(), 12);
  admin::v1::QueryUsageRequest request;
  request.add_by(admin::v1::BY_NODE);
  const auto response = Query(app, request);
  ASSERT_EQ(response.rows_size(), 1);
  EXPECT_EQ(response.rows(0).node(), "n1");
  EXPECT_EQ(response.total().requests(), 12);
  EXPECT_EQ(response.total().input_tokens(), 78);
  admin::v1::ListUsageRecordsResponse records;
  const grpc::Status listed =
      admin::v1::UsageService::NewStub(app.Channel())
          ->ListUsageRecords(app.AsOwner().get(), admin::v1::ListUsageRecordsRequest(), &records);
  EXPECT_TRUE(listed.ok()) << listed.error_message();
  EXPECT_EQ(records.records_size(), 12);
  const std::string metrics = service::HttpGet(app.app().ops_port(), "/metrics");
  EXPECT_THAT(metrics, AllOf(HasSubstr("sluice_controlplane_usage_batches_total 2\n"),
                             HasSubstr("sluice_controlplane_usage_records_total 12\n"),
                             HasSubstr("sluice_controlplane_usage_duplicate_records_total 10\n"),
                             HasSubstr("sluice_controlplane_usage_gaps_total 0\n"),
                             HasSubstr("sluice_controlplane_usage_failures_total 0\n"),
                             HasSubstr("sluice_controlplane_usage_newest_age_seconds ")));
}

TEST(UsageTest, ItOutlivesARestart) {
  RunningApp app;
  {
    TellingNode node(app, "n1");
    node.Tell(BatchNow('a', 1, 3));
    ASSERT_EQ(node.NextAck(), 3);
  }
  app.Restart();
  EXPECT_EQ(Query(app).total().requests(), 3);
  TellingNode node(app, "n1");
  node.Tell(BatchNow('a', 1, 4));
  EXPECT_EQ(node.NextAck(), 4);
  EXPECT_EQ(Query(app).total().requests(), 4);
}

TEST(UsageTest, ANodeThatSendsWhatItMustNotIsToldSo) {
  RunningApp app;
  TellingNode negative(app, "n1");
  // What it is told first has gone out by then: behind a message under way it could not be told
  // why the stream ends.
  negative.Tell(BatchNow('b', 1, 1));
  ASSERT_EQ(negative.NextAck(), 1);
  fleet::v1::UsageBatch batch = BatchNow('a', 1, 1);
  batch.mutable_records(0)->set_bytes_up(-1);
  negative.Tell(batch);
  const grpc::Status status = negative.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("records[0].bytes_up is -1"));
  EXPECT_EQ(Query(app).total().requests(), 1);
}

TEST(UsageTest, ALargeBatchIsTakenAndATooLargeOneRefused) {
  RunningApp app;
  TellingNode node(app, "n1");
  fleet::v1::UsageBatch batch = BatchNow('a', 1, 500);
  for (auto& record : *batch.mutable_records()) record.set_model(std::string(1200, 'x'));
  node.Tell(batch);
  EXPECT_EQ(node.NextAck(), 500);
  for (auto& record : *batch.mutable_records()) record.set_model(std::string(2400, 'x'));
  node.Tell(batch);
  EXPECT_EQ(node.Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST(UsageTest, AControlPlaneThatStopsHasStoredWhatItAcknowledged) {
  RunningApp app;
  int64_t acknowledged = 0;
  {
    TellingNode node(app, "n1");
    for (int i = 0; i < 10; ++i) {
      node.Tell(BatchNow('a', 1 + 5 * i, 5));
      acknowledged = node.NextAck();
    }
    node.Tell(BatchNow('a', 51, 5));
    app.Stop();
  }
  app.Restart();
  const int64_t stored = Query(app).total().requests();
  EXPECT_EQ(acknowledged, 50);
  EXPECT_TRUE(stored == 50 || stored == 55) << stored;
}

TEST(UsageTest, AUsageDatabaseThatCannotBeUsedIsNamedAtTheStart) {
  const test::TempFolder folder;
  const AppOptions options = OptionsIn(folder);
  ASSERT_TRUE(App::Start(options).ok());
  ASSERT_TRUE(folder.Write("state/usage.db", std::string(4096, 'x')));
  const absl::Status status = App::Start(options).status();
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("state/usage.db"), HasSubstr("is not a database")));
}

TEST(UsageTest, WrongDaysAndTheWrongNameAreRefused) {
  const test::TempFolder folder;
  const auto refusal = [&](const std::function<void(AppOptions&)>& change) {
    AppOptions options = OptionsIn(folder);
    change(options);
    return std::string(App::Start(options).status().message());
  };
  EXPECT_EQ(refusal([](AppOptions& o) { o.usage.days = 0; }), "--usage-days 0 is not 1 to 3660");
  EXPECT_EQ(refusal([](AppOptions& o) { o.usage.detail_days = -1; }),
            "--usage-detail-days -1 is not 0 to 3660");
  EXPECT_THAT(refusal([&](AppOptions& o) { o.paths.database = folder.File("usage.db"); }),
              HasSubstr("the name usage.db is that of the usage database"));
}

}  // namespace
}  // namespace sluice::controlplane
