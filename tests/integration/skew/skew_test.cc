// A node of a later release at this release's control plane. The other way round, a configuration
// of a later release at this release's node, is a unit test of dataplane/link.
#include "tests/integration/stack_test.h"
#include "tests/support/process.h"

namespace sluice::test {
namespace {

class SkewTest : public StackTest {
 protected:
  void SetUp() override {
    StackTest::SetUp();
    ProcessOptions options;
    options.program = SLUICE_FUTURE_NODE_PROGRAM;
    options.args = {
        "--control-plane",   "127.0.0.1:" + std::to_string(stack_->controlplane().port("grpc")),
        "--join-token-file", stack_->folder().File("controlplane/join.token"),
        "--node-id",         "future"};
    options.stdout_path = stack_->folder().File("future.out");
    options.stderr_path = stack_->folder().File("future.err");
    auto started = Process::Start(options);
    ASSERT_TRUE(started.ok()) << started.status();
    future_ = *std::move(started);
    ASSERT_TRUE(Eventually([&] { return Node().value("serving", "") == "live"; }))
        << stack_->logs() << future_->Stderr();
  }
  nlohmann::json Node() {
    const CtlResult got = stack_->Ctl({"node", "get", "future"});
    return got.ok() && got.json.is_object() ? got.json : nlohmann::json::object();
  }

  std::unique_ptr<Process> future_;
};

TEST_F(SkewTest, ANodeOfALaterReleaseIsServedLikeAnyOther) {
  const std::string connected_since = Node().value("connected_since", "");
  ASSERT_FALSE(connected_since.empty());
  for (const char* value : {"101", "102", "103"}) {
    const CtlResult set =
        stack_->Ctl({"settings", "set", std::string("max_header_fields=") + value, "--wait"});
    ASSERT_TRUE(set.ok()) << set.err;
    EXPECT_NE(set.err.find("acked 2/2"), std::string::npos) << set.err;
  }
  ASSERT_TRUE(stack_->Ctl({"key", "revoke", "test", "--wait"}).ok());
  const CtlResult status = stack_->Ctl({"status"});
  EXPECT_EQ(status.json["nodes_current"], 2) << status.out;
  // Heartbeats with a field more are read, messages without a name for them are passed over.
  const int64_t requests = Node().value("requests", int64_t{0});
  EXPECT_TRUE(Eventually([&] { return Node().value("requests", int64_t{0}) > requests + 4; }));
  EXPECT_EQ(Node().value("connected_since", ""), connected_since) << "on one connection";
  EXPECT_TRUE(Node()["refusals"].empty());
  EXPECT_EQ(future_->Terminate(), 0) << future_->Stderr();
}

TEST_F(SkewTest, ItIsDrainedLikeAnyOther) {
  ASSERT_TRUE(stack_->Ctl({"node", "drain", "future"}).ok());
  EXPECT_TRUE(Eventually([&] { return Node().value("draining", false); }));
}

}  // namespace
}  // namespace sluice::test
