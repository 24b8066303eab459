// The circuit breaker and the cap of a provider, over a real data plane.
#include <string>
#include <vector>

#include "tests/integration/keyed_upstream.h"
#include "tests/integration/stack_test.h"
#include "tests/support/deadline.h"

namespace sluice::test {
namespace {

constexpr char kOwnKey[] = "sk-emulator-breaker";

class BreakerTest : public StackTest {
 protected:
  void SetUp() override {
    StackTest::SetUp();
    if (HasFatalFailure()) return;
    const CtlResult created = stack_->Ctl({"provider", "create", "shaky", "--preset", "openai",
                                           "--base-url", upstream_.url(), "--breaker-minimum", "5",
                                           "--breaker-window", "10m", "--breaker-open-for", "1s"});
    ASSERT_TRUE(created.ok()) << created.err;
    const CtlResult added =
        stack_->Ctl({"provider-key", "add", "shaky", "--name", "main", "-", "--wait"}, kOwnKey);
    ASSERT_TRUE(added.ok()) << added.err;
  }
  void Update(std::vector<std::string> fields) {
    std::vector<std::string> args = {"provider", "update", "shaky", "--wait"};
    args.insert(args.end(), fields.begin(), fields.end());
    const CtlResult updated = stack_->Ctl(args);
    ASSERT_TRUE(updated.ok()) << updated.err;
  }
  HttpAnswer Send(const std::string& target = "/p/shaky/models") {
    auto answer = Ask("POST", target, "{}");
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? *answer : HttpAnswer();
  }
  static bool IsRefused(const HttpAnswer& answer) {
    return answer.status == 503 && answer.body.find("upstream_unavailable") != std::string::npos;
  }
  std::string State() {
    const auto page = Fetch(stack_->dataplane().port("ops"), "GET", "/metrics");
    const std::string mark = "sluice_dataplane_provider_breaker_state{provider=\"shaky\"} ";
    const size_t at = page.ok() ? page->body.find(mark) : std::string::npos;
    return at == std::string::npos ? "" : page->body.substr(at + mark.size(), 1);
  }

  KeyedUpstream upstream_;
};

TEST_F(BreakerTest, OpensWhenTheProviderFailsAndClosesWhenItIsBack) {
  upstream_.Answer(kOwnKey, 503);
  for (int i = 0; i < 5; ++i) {
    const HttpAnswer relayed = Send();
    ASSERT_EQ(relayed.status, 503);
    ASSERT_FALSE(IsRefused(relayed)) << "only " << i << " have failed";
  }
  const HttpAnswer refused = Send();
  EXPECT_TRUE(IsRefused(refused)) << refused.body;
  EXPECT_EQ(refused.Header("Retry-After"), "1");
  EXPECT_NE(stack_->logs().find("provider shaky fails too often"), std::string::npos);
  EXPECT_NE(State(), "0");
  // A change of the configuration forgets nothing.
  ASSERT_TRUE(stack_->AddClientKey("other").ok());
  EXPECT_NE(State(), "0");

  upstream_.Answer(kOwnKey, 200);
  ASSERT_TRUE(Eventually([&] { return Send().status == 200; }));
  EXPECT_EQ(State(), "0");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Send().status, 200);
}

TEST_F(BreakerTest, AProviderThatIsNotThereOpensItToo) {
  Update({"--base-url", "http://127.0.0.1:1/v1", "--breaker-open-for", "10m"});
  for (int i = 0; i < 5; ++i) {
    if (IsRefused(Send())) break;  // each request is tried twice
  }
  const HttpAnswer refused = Send();
  EXPECT_TRUE(IsRefused(refused)) << refused.status << refused.body;
  EXPECT_GT(std::stoi(refused.Header("Retry-After").value_or("0")), 300);
}

TEST_F(BreakerTest, WhatIsNotTheProvidersFaultIsNotCounted) {
  for (const int status : {400, 401, 404, 413, 429, 501}) {
    upstream_.Answer(kOwnKey, status);
    for (int i = 0; i < 5; ++i) ASSERT_EQ(Send().status, status);
  }
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(Send("/p/shaky/../x").status, 400);
    RawSocket leaver = *RawSocket::Connect(stack_->port());
    ASSERT_TRUE(
        leaver.SendAll(HeadText("POST", "/p/shaky/x", {"Content-Length: 10", "Connection: close"}))
            .ok());
    leaver.Reset();
  }
  upstream_.Answer(kOwnKey, 200);
  EXPECT_EQ(Send().status, 200);
  EXPECT_EQ(State(), "0");
}

TEST_F(BreakerTest, OneMoreThanTheCapIsRefused) {
  ASSERT_TRUE(stack_->Ctl({"provider", "update", "demo", "--max-concurrent", "2", "--wait"}).ok());
  std::vector<RawSocket> held;
  for (int i = 0; i < 2; ++i) {
    held.push_back(*RawSocket::Connect(stack_->port()));
    ASSERT_TRUE(held.back().SendAll(HeadText("GET", "/p/demo/models?emu.hold=cap")).ok());
  }
  ASSERT_TRUE(Eventually([&] { return stack_->emulator().Requests("emu.hold=cap").size() == 2; }));
  const auto refused = Ask("GET", "/p/demo/models");
  ASSERT_TRUE(refused.ok());
  EXPECT_EQ(refused->status, 429);
  EXPECT_NE(refused->body.find("rate_limit_exceeded"), std::string::npos) << refused->body;
  EXPECT_EQ(refused->Header("Retry-After"), "1");
  stack_->emulator().Release("cap");
  for (RawSocket& socket : held) EXPECT_EQ(ReadAnswer(socket)->status, 200);
  EXPECT_TRUE(Eventually([&] { return Status() == 200; }));
}

}  // namespace
}  // namespace sluice::test
