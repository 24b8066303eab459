// From a write of the admin API to a node and back, over real sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "common/wire/resource_set.h"
#include "tests/unit/controlplane/controlplane_app/running_app.h"

namespace sluice::controlplane {
namespace {

using ::testing::HasSubstr;

// A call of WaitForRevision that has begun: its first message was read.
class Waiting {
 public:
  Waiting(RunningApp& app, int64_t revision)
      : context_(app.AsOwner()), stub_(admin::v1::NodeService::NewStub(app.Channel())) {
    admin::v1::WaitForRevisionRequest request;
    request.set_revision(revision);
    reader_ = stub_->WaitForRevision(context_.get(), request);
    begun_ = reader_->Read(&last_);
  }
  const admin::v1::WaitProgress& first() const { return last_; }
  // Reads to the end and returns the last message.
  admin::v1::WaitProgress End(grpc::Status* status) {
    admin::v1::WaitProgress progress;
    while (reader_->Read(&progress)) last_ = progress;
    *status = reader_->Finish();
    return last_;
  }
  bool begun() const { return begun_; }

 private:
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<admin::v1::NodeService::Stub> stub_;
  std::unique_ptr<grpc::ClientReader<admin::v1::WaitProgress>> reader_;
  admin::v1::WaitProgress last_;
  bool begun_ = false;
};

TEST(FleetTest, AWriteReachesTheNodeAndTheWaitEnds) {
  RunningApp app;
  FakeNode node(app, "n1");
  node.Hello();
  const fleet::v1::Snapshot empty = node.Receive();
  EXPECT_EQ(empty.revision(), 0);
  node.Ack(empty);

  int64_t revision = 0;
  ASSERT_TRUE(app.CreateProvider("a", &revision).ok());
  EXPECT_EQ(revision, 1);
  const fleet::v1::Snapshot snapshot = node.Receive();
  EXPECT_EQ(snapshot.revision(), 1);
  EXPECT_EQ(wire::ResourceSet::Parse(snapshot.bytes())->Hash(), snapshot.hash());
  config::v1::Configuration configuration;
  ASSERT_TRUE(configuration.ParseFromString(snapshot.bytes()));
  EXPECT_EQ(configuration.providers(0).name(), "a");

  Waiting waiting(app, revision);
  ASSERT_TRUE(waiting.begun());
  EXPECT_EQ(waiting.first().total(), 1);
  EXPECT_EQ(waiting.first().waiting_for(0), "n1");
  node.Ack(snapshot);
  grpc::Status status;
  const admin::v1::WaitProgress end = waiting.End(&status);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(end.done());
  EXPECT_EQ(end.acked(), 1);
  EXPECT_EQ(app.Node("n1").acked_revision(), 1);
  EXPECT_TRUE(app.Node("n1").connected());
}

TEST(FleetTest, ARefusalEndsTheWaitAndIsShown) {
  RunningApp app;
  FakeNode node(app, "n1");
  node.Hello();
  node.Ack(node.Receive());
  ASSERT_TRUE(app.CreateProvider("a").ok());
  const fleet::v1::Snapshot snapshot = node.Receive();
  Waiting waiting(app, 1);
  node.Nack(snapshot, "no such preset");
  grpc::Status status;
  const admin::v1::WaitProgress end = waiting.End(&status);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_FALSE(end.done());
  ASSERT_EQ(end.refusals_size(), 1);
  EXPECT_EQ(end.refusals(0).node(), "n1");
  EXPECT_THAT(end.refusals(0).reason(), HasSubstr("no such preset"));
  EXPECT_EQ(app.Node("n1").refused_revision(), 1);
  EXPECT_THAT(app.Node("n1").refusals(0), HasSubstr("provider"));
}

TEST(FleetTest, WithoutNodesAWaitIsDoneAndAFutureRevisionIsRefused) {
  RunningApp app;
  grpc::Status status;
  EXPECT_TRUE(Waiting(app, 0).End(&status).done());
  EXPECT_TRUE(status.ok());
  Waiting(app, 7).End(&status);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("there is no revision 7"));
}

TEST(FleetTest, ManyNodesAllGetAWrite) {
  constexpr int kNodes = 40;
  RunningApp app;
  std::vector<std::unique_ptr<FakeNode>> nodes;
  for (int i = 0; i < kNodes; ++i) {
    nodes.push_back(std::make_unique<FakeNode>(app, "n" + std::to_string(i)));
    nodes.back()->Hello();
    nodes.back()->Ack(nodes.back()->Receive());
  }
  ASSERT_TRUE(app.CreateProvider("a").ok());
  Waiting waiting(app, 1);
  EXPECT_EQ(waiting.first().total(), kNodes);
  for (auto& node : nodes) node->Ack(node->Receive());
  grpc::Status status;
  EXPECT_TRUE(waiting.End(&status).done());
}

TEST(FleetTest, TheLatterOfTwoConnectionsOfANodeStays) {
  RunningApp app;
  FakeNode first(app, "n1");
  first.Hello();
  first.Ack(first.Receive());
  FakeNode second(app, "n1");
  second.Hello();
  second.Ack(second.Receive());
  const grpc::Status status = first.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ABORTED) << status.error_message();
  ASSERT_TRUE(app.CreateProvider("a").ok());
  EXPECT_EQ(second.Receive().revision(), 1);
}

TEST(FleetTest, ANodeWithoutHelloOrWithTooMuchIsRefused) {
  RunningApp app;
  fleet::v1::NodeMessage beat;
  beat.mutable_heartbeat();
  FakeNode no_hello(app, "n1");
  no_hello.Send(beat);
  grpc::Status status = no_hello.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("not a Hello"));

  fleet::v1::NodeMessage huge;
  huge.mutable_hello()->set_node_id(std::string(300'000, 'x'));
  FakeNode big(app, "n2");
  big.Send(huge);
  status = big.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << status.error_message();

  huge.mutable_hello()->set_node_id(std::string(9'000'000, 'x'));
  FakeNode bigger(app, "n3");
  bigger.Send(huge);
  EXPECT_FALSE(bigger.Finish().ok());
}

TEST(FleetTest, StopsQuicklyWithStreamsAndWaitsOpen) {
  RunningApp app;
  FakeNode node(app, "n1");
  node.Hello();
  node.Receive();  // never acknowledged
  FakeNode silent(app, "n2");
  ASSERT_TRUE(app.CreateProvider("a").ok());
  Waiting waiting(app, 1);
  const absl::Time before = absl::Now();
  app.Stop();
  EXPECT_LT(absl::Now() - before, absl::Seconds(5));
  EXPECT_EQ(node.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  grpc::Status status;
  waiting.End(&status);
  EXPECT_FALSE(status.ok());
}

}  // namespace
}  // namespace sluice::controlplane
