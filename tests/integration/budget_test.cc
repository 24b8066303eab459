// Budgets of client keys: shared by three data planes, never cut into what is under way, and known
// to the operator.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "tests/integration/stack_test.h"
#include "tests/support/deadline.h"

namespace sluice::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr int kNodes = 3;
constexpr int kClients = 64;
constexpr int64_t kAnswerTokens = 100;
constexpr int64_t kBudget = 20'000;
constexpr char kBody[] = R"({"model":"gpt-5","messages":[]})";

int64_t Number(const json& object, const char* name) {
  if (!object.contains(name)) return 0;
  return object[name].is_string() ? std::stoll(object[name].get<std::string>())
                                  : object[name].get<int64_t>();
}

std::string Asking(int64_t tokens) {
  return "/p/demo/chat/completions?emu.prompt_tokens=" + std::to_string(tokens - 1) +
         "&emu.completion_tokens=1";
}

class BudgetTest : public StackTest {
 protected:
  StackOptions Options() override {
    StackOptions options;
    options.dataplanes = kNodes;
    options.dataplane_args = {"--workers", "2"};
    return options;
  }
  std::string KeyWith(const std::vector<std::string>& options) {
    std::vector<std::string> command = {"key", "create", "--name", "tight", "--wait"};
    command.insert(command.end(), options.begin(), options.end());
    const CtlResult made = stack_->Ctl(command);
    EXPECT_TRUE(made.ok()) << made.err;
    return made.json.value("key", "");
  }
  absl::StatusOr<HttpAnswer> Post(const std::string& key, int64_t tokens, size_t node = 0) {
    return Fetch(stack_->port(node), "POST", Asking(tokens),
                 {Stack::Bearer(key), "Content-Type: application/json"}, kBody);
  }
  // Of the key "tight"; null if there is none.
  json Budget() {
    const CtlResult listed = stack_->Ctl({"budget"});
    EXPECT_TRUE(listed.ok()) << listed.err;
    for (const json& budget : listed.json["budgets"]) {
      if (budget.value("client_key_name", "") == "tight") return budget;
    }
    return nullptr;
  }
  int64_t SpentTokens() {
    const json budget = Budget();
    return budget.contains("spent") ? Number(budget["spent"], "tokens") : 0;
  }
};

// What is beyond the budget is at most one answer for each request that was under way.
TEST_F(BudgetTest, IsSharedByAllDataPlanesAndOverdrawnByNoMoreThanWhatWasUnderWay) {
  const std::string key = KeyWith({"--budget", std::to_string(kBudget) + "/day"});
  std::atomic<int64_t> answered{0};
  std::atomic<int> other{0};
  std::vector<std::thread> clients;
  clients.reserve(kClients);
  for (int client = 0; client < kClients; ++client) {
    clients.emplace_back([&, client] {
      // Ten times what the budget holds.
      for (int i = 0; i < 10 * kBudget / kAnswerTokens / kClients; ++i) {
        const auto answer = Post(key, kAnswerTokens, static_cast<size_t>(client % kNodes));
        if (!answer.ok()) {
          ++other;
        } else if (answer->status == 200) {
          answered += kAnswerTokens;
        } else if (answer->status != 429 ||
                   answer->body.find("budget_exceeded") == std::string::npos) {
          ++other;
        }
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(other, 0) << "every answer is 200, or 429 budget_exceeded";
  EXPECT_GT(answered, kBudget * 9 / 10) << "the budget can be used";
  EXPECT_LE(answered, kBudget + kClients * kAnswerTokens)
      << "one answer for each that was under way";
  RecordProperty("overdrawn_tokens", std::to_string(answered - kBudget));
  EXPECT_TRUE(Eventually([&] { return SpentTokens() == answered; }))
      << SpentTokens() << " of " << answered;
}

TEST_F(BudgetTest, AnAnswerUnderWayIsNotCutAndTheNextIsRefusedWithTheTimeToWait) {
  const std::string key = KeyWith({"--budget", "1000/month"});
  const auto over = Post(key, 5000);
  ASSERT_TRUE(over.ok());
  EXPECT_EQ(over->status, 200);
  EXPECT_THAT(over->body, HasSubstr("gpt-5"));
  absl::StatusOr<HttpAnswer> refused;
  ASSERT_TRUE(Eventually([&] {
    refused = Post(key, 10);
    return refused.ok() && refused->status == 429;
  }));
  const json error = json::parse(refused->body)["error"];
  EXPECT_EQ(error["type"], "rate_limit_error");
  EXPECT_EQ(error["code"], "budget_exceeded");
  EXPECT_GT(std::stoi(refused->Header("Retry-After").value_or("0")), 0);
  EXPECT_EQ(Status(), 200) << "other keys go on";
  EXPECT_TRUE(Eventually([&] { return Budget().value("state", "") == "EXCEEDED"; })) << Budget();
  EXPECT_THAT(stack_->controlplane().log(), HasSubstr("client key tight"));
  // Raised, it goes on without a restart.
  ASSERT_TRUE(stack_->Ctl({"key", "update", "tight", "--budget", "100000/month", "--wait"}).ok());
  EXPECT_TRUE(Eventually([&] {
    const auto answer = Post(key, 10);
    return answer.ok() && answer->status == 200;
  }));
}

TEST_F(BudgetTest, DollarsCountByThePricesOfTheProvider) {
  ASSERT_TRUE(
      stack_->Ctl({"price", "set", "demo", "gpt-5", "--input", "1000", "--output", "0", "--wait"})
          .ok());
  // A thousand tokens of input cost a dollar.
  const std::string key = KeyWith({"--budget", "2.5usd/day"});
  int answered = 0;
  ASSERT_TRUE(Eventually([&] {
    const auto answer = Post(key, 1001);
    if (answer.ok() && answer->status == 200) ++answered;
    return answer.ok() && answer->status == 429;
  }));
  EXPECT_EQ(answered, 3);
  EXPECT_TRUE(Eventually([&] { return Number(Budget()["spent"], "cost_nanos") == 3'000'000'000; }))
      << Budget();
}

TEST_F(BudgetTest, WithoutTheControlPlaneOnlyAStrictOneIsRefused) {
  const std::string loose = KeyWith({"--budget", "1000/day"});
  const CtlResult made = stack_->Ctl(
      {"key", "create", "--name", "strict", "--budget", "1000/day", "--budget-strict", "--wait"});
  ASSERT_TRUE(made.ok()) << made.err;
  const std::string strict = made.json.value("key", "");
  stack_->controlplane().process().Kill();
  for (int i = 0; i < 5; ++i) {
    const auto answer = Post(loose, 1000);
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer->status, 200);
  }
  ASSERT_TRUE(Eventually([&] {
    const auto answer = Post(strict, 10);
    return answer.ok() && answer->status == 429;
  }));
  ASSERT_TRUE(stack_->RestartControlplane().ok());
  EXPECT_TRUE(Eventually([&] { return SpentTokens() == 5000; })) << "it was told afterwards";
  EXPECT_TRUE(Eventually([&] {
    const auto answer = Post(loose, 10);
    return answer.ok() && answer->status == 429;
  }));
  EXPECT_TRUE(Eventually([&] {
    const auto answer = Post(strict, 10);
    return answer.ok() && answer->status == 200;
  }));
}

TEST_F(BudgetTest, WhatWasSpentOutlivesTheControlPlane) {
  const std::string key = KeyWith({"--budget", "1000/day"});
  ASSERT_TRUE(Post(key, 900).ok());
  ASSERT_TRUE(Eventually([&] { return SpentTokens() == 900; }));
  stack_->controlplane().process().Kill();
  ASSERT_TRUE(stack_->RestartControlplane().ok());
  ASSERT_TRUE(Eventually([&] { return SpentTokens() == 900; }));
  const auto last = Post(key, 200);
  ASSERT_TRUE(last.ok());
  EXPECT_EQ(last->status, 200);
  EXPECT_TRUE(Eventually([&] {
    const auto answer = Post(key, 10);
    return answer.ok() && answer->status == 429;
  }));
}

}  // namespace
}  // namespace sluice::test
