// A change that part of the fleet has first, over real data planes.
#include "tests/integration/stack_test.h"
#include "tests/support/deadline.h"

namespace sluice::test {
namespace {

constexpr char kTarget[] = "/p/demo/models";

class RolloutTest : public StackTest {
 protected:
  // Data plane 1 is the canary.
  void SetUp() override {
    StackTest::SetUp();
    if (HasFatalFailure()) return;
    ASSERT_TRUE(stack_->AddDataplane({"--labels", "region=eu"}).ok());
    ASSERT_TRUE(stack_->WaitUntilReady(1));
  }
  int StatusAt(size_t index, const std::string& key = "") {
    auto answer =
        Fetch(stack_->port(index), "GET", kTarget, {Stack::Bearer(key.empty() ? key_ : key)});
    return answer.ok() ? answer->status : 0;
  }
  CtlResult Change(std::vector<std::string> args) {
    std::vector<std::string> all = {"provider", "update", "demo", "--wait"};
    all.insert(all.end(), args.begin(), args.end());
    return stack_->Ctl(all);
  }
  nlohmann::json Rollout() { return stack_->Ctl({"rollout", "get"}).json; }
};

TEST_F(RolloutTest, CanariesHaveItFirstAndThePromotionGivesItToAll) {
  const CtlResult changed = Change({"--disable", "--canary", "region=eu"});
  ASSERT_TRUE(changed.ok()) << changed.err;
  EXPECT_EQ(StatusAt(0), 200);
  EXPECT_EQ(StatusAt(1), 400);
  const nlohmann::json rollout = Rollout();
  EXPECT_EQ(rollout["state"], "ACTIVE");
  EXPECT_EQ(rollout["canaries"]["nodes"], 1);
  EXPECT_EQ(rollout["canaries"]["acked"], 1);
  EXPECT_EQ(rollout["others"]["acked"], 1);

  // Everything else still reaches everybody, in both directions.
  auto key = stack_->AddClientKey("meanwhile");
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(StatusAt(0, *key), 200);
  EXPECT_EQ(StatusAt(1, *key), 400);
  ASSERT_TRUE(stack_->Ctl({"key", "revoke", "meanwhile", "--wait"}).ok());
  EXPECT_EQ(StatusAt(0, *key), 401);
  const CtlResult held = Change({"--enable"});
  EXPECT_EQ(held.exit_code, 1);
  EXPECT_NE(held.err.find("promote or abort"), std::string::npos) << held.err;

  ASSERT_TRUE(stack_->Ctl({"rollout", "promote", "--wait"}).ok());
  EXPECT_EQ(StatusAt(0), 400);
  EXPECT_EQ(StatusAt(1), 400);
  EXPECT_EQ(Rollout()["state"], "PROMOTED");
  ASSERT_TRUE(Change({"--enable"}).ok());
  EXPECT_EQ(StatusAt(0), 200);
}

TEST_F(RolloutTest, AnAbortTakesItBackAndARestartForgetsNothing) {
  ASSERT_TRUE(Change({"--disable", "--canary", "region=eu"}).ok());
  stack_->controlplane().Kill();
  ASSERT_TRUE(stack_->RestartControlplane().ok());
  ASSERT_TRUE(Eventually([&] { return Rollout()["canaries"]["nodes"] == 1; }));
  EXPECT_EQ(StatusAt(0), 200);
  EXPECT_EQ(StatusAt(1), 400);
  const CtlResult aborted = stack_->Ctl({"rollout", "abort", "--reason", "wrong", "--wait"});
  ASSERT_TRUE(aborted.ok()) << aborted.err;
  EXPECT_EQ(StatusAt(0), 200);
  EXPECT_EQ(StatusAt(1), 200);
  EXPECT_EQ(Rollout()["reason"], "wrong");
}

TEST_F(RolloutTest, ErrorsOfTheCanariesTakeItBackByThemselves) {
  // Nobody listens there: the gateway answers 502 itself.
  ASSERT_TRUE(Change({"--base-url", "http://127.0.0.1:1/v1", "--breaker", "false", "--canary",
                      "region=eu", "--canary-max-errors", "5%"})
                  .ok());
  ASSERT_TRUE(Eventually([&] { return Rollout()["canaries"]["nodes"] == 1; }));
  for (int i = 0; i < 40; ++i) {
    ASSERT_EQ(StatusAt(1), 502);
    ASSERT_EQ(StatusAt(0), 200);
  }
  // With the node's next heartbeat.
  ASSERT_TRUE(Eventually([&] { return Rollout()["state"] == "ABORTED"; },
                         std::chrono::milliseconds(30'000)));
  EXPECT_NE(Rollout()["reason"].get<std::string>().find("of the canaries failed"),
            std::string::npos);
  EXPECT_TRUE(Eventually([&] { return StatusAt(1) == 200; }));
}

TEST_F(RolloutTest, ASelectorThatSelectsNobodyIsRefused) {
  const CtlResult refused = Change({"--disable", "--canary", "region=mars"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("no connected node is a canary"), std::string::npos) << refused.err;
  EXPECT_EQ(StatusAt(0), 200);
  EXPECT_EQ(StatusAt(1), 200);
}

}  // namespace
}  // namespace sluice::test
