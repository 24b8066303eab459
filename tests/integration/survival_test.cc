// The data plane without its control plane, and the way back.
#include "tests/integration/stack_test.h"

namespace sluice::test {
namespace {

class SurvivalTest : public StackTest {
 protected:
  std::string Serving() {
    auto answer = Fetch(stack_->dataplane().port("ops"), "GET", "/readyz");
    if (!answer.ok()) return "";
    return nlohmann::json::parse(answer->body, nullptr, false).value("serving", "");
  }
};

TEST_F(SurvivalTest, ServesRestartsAndConvergesWithoutItsControlPlane) {
  ASSERT_EQ(Status(), 200);
  EXPECT_EQ(Serving(), "live");
  stack_->controlplane().Kill();
  for (int i = 0; i < 20; ++i) ASSERT_EQ(Status(), 200);

  // A fresh process, with nothing but its state folder.
  stack_->dataplane().Kill();
  auto restarted = stack_->dataplane().Restart();
  ASSERT_TRUE(restarted.ok()) << restarted;
  EXPECT_EQ(Status(), 200);
  EXPECT_EQ(Serving(), "last_known_good");
  EXPECT_EQ(
      Fetch(stack_->port(), "GET", "/p/demo/models", {"Authorization: Bearer slk_wrong"})->status,
      401);

  auto back = stack_->RestartControlplane();
  ASSERT_TRUE(back.ok()) << back;
  // The node comes back by itself; --wait counts only nodes that are connected.
  Deadline deadline{std::chrono::seconds(60)};
  while (Serving() != "live" && !deadline.passed()) std::this_thread::yield();
  EXPECT_EQ(Serving(), "live");
  CtlResult set = stack_->Ctl({"settings", "set", "enable_passthrough_routes=false", "--wait"});
  ASSERT_TRUE(set.ok()) << set.err;
  EXPECT_EQ(Status(), 404);
}

TEST_F(SurvivalTest, WhatWasAcknowledgedSurvivesKills) {
  std::vector<std::string> created;
  for (int round = 0; round < 5; ++round) {
    std::string name = "p" + std::to_string(round);
    CtlResult made = stack_->Ctl({"provider", "create", name, "--preset", "openai"});
    ASSERT_TRUE(made.ok()) << made.err;
    created.push_back(name);
    stack_->controlplane().Kill();
    auto back = stack_->RestartControlplane();
    ASSERT_TRUE(back.ok()) << back;
  }
  CtlResult list = stack_->Ctl({"provider", "list"});
  ASSERT_TRUE(list.ok()) << list.err;
  for (const std::string& name : created)
    EXPECT_NE(list.out.find("\"" + name + "\""), std::string::npos) << list.out;
}

TEST_F(SurvivalTest, ANodeThatNeverHadAConfigurationServesNothing) {
  stack_->controlplane().Kill();
  auto fresh = stack_->AddDataplane();
  ASSERT_TRUE(fresh.ok()) << fresh.status();
  auto answer = Fetch((*fresh)->port("http"), "GET", "/p/demo/models", {Stack::Bearer(key_)});
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 503);
  EXPECT_NE(answer->body.find("\"not_ready\""), std::string::npos);
  EXPECT_TRUE(answer->Header("Retry-After").has_value());
  EXPECT_EQ(Fetch((*fresh)->port("ops"), "GET", "/readyz")->status, 503);
}

TEST_F(SurvivalTest, StopsInOrderAfterItsRequests) {
  auto slow = RawSocket::Connect(stack_->port());
  ASSERT_TRUE(slow.ok());
  ASSERT_TRUE(slow->SendAll(HeadText("GET", "/p/demo/models?emu.hold=gate")).ok());
  stack_->emulator().WaitForRequest("emu.hold=gate");
  stack_->dataplane().process().Signal(SIGTERM);
  Deadline deadline;
  while (Status() != 503 && !deadline.passed()) std::this_thread::yield();
  auto refused = Ask("GET", "/p/demo/models");
  ASSERT_TRUE(refused.ok());
  EXPECT_NE(refused->body.find("\"draining\""), std::string::npos);
  stack_->emulator().Release("gate");
  auto answer = ReadAnswer(*slow);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(stack_->dataplane().process().Wait(), 0);
}

}  // namespace
}  // namespace sluice::test
