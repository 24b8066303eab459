#include <gtest/gtest.h>

#include <functional>

#include "common/wire/config_check.h"

namespace sluice::wire {
namespace {

using config::v1::ClientKey;

ClientKey GoodKey() {
  ClientKey key;
  key.set_id("abc");
  key.set_name("app");
  key.add_methods("POST");
  key.add_endpoints("chat/**");
  key.add_models("gpt-*");
  auto* rate = key.mutable_limits()->mutable_requests();
  rate->set_amount(100);
  rate->mutable_interval()->set_seconds(60);
  rate->set_burst(20);
  auto* tokens = key.mutable_limits()->mutable_tokens();
  tokens->set_amount(1'000'000);
  tokens->mutable_interval()->set_seconds(60);
  tokens->set_burst(50'000);
  key.mutable_limits()->set_concurrent(4);
  key.mutable_budget()->set_period(config::v1::BUDGET_PERIOD_MONTH);
  key.mutable_budget()->set_tokens(1'000'000'000'000'000);
  key.mutable_budget()->set_cost_nanos(1);
  key.mutable_budget()->set_warn_percent(100);
  return key;
}

struct Row {
  std::string_view breaks;  // a piece of the sentence
  std::function<void(ClientKey&)> change;
};

TEST(ClientKeyCheckTest, AGoodKeyPasses) { EXPECT_TRUE(CheckClientKey(GoodKey()).empty()); }

TEST(ClientKeyCheckTest, EachRuleIsToldByItsField) {
  const std::vector<Row> rows = {
      {"methods has \"post\"", [](ClientKey& key) { key.set_methods(0, "post"); }},
      {"methods has \"TRACE\"", [](ClientKey& key) { key.add_methods("TRACE"); }},
      {"methods has \"POST\" twice", [](ClientKey& key) { key.add_methods("POST"); }},
      {"endpoints has \"\"", [](ClientKey& key) { key.add_endpoints(""); }},
      {"endpoints has \"/chat\"", [](ClientKey& key) { key.add_endpoints("/chat"); }},
      {"endpoints has \"a b\"", [](ClientKey& key) { key.add_endpoints("a b"); }},
      {"models has", [](ClientKey& key) { key.add_models(std::string(257, 'a')); }},
      {"models has 257 entries",
       [](ClientKey& key) {
         for (int i = 0; i < 256; ++i) key.add_models("m");
       }},
      {"limits.requests.amount 0",
       [](ClientKey& key) { key.mutable_limits()->mutable_requests()->set_amount(0); }},
      {"limits.requests.interval",
       [](ClientKey& key) { key.mutable_limits()->mutable_requests()->clear_interval(); }},
      {"limits.requests.interval",
       [](ClientKey& key) {
         key.mutable_limits()->mutable_requests()->mutable_interval()->set_nanos(1);
       }},
      {"a second",
       [](ClientKey& key) { key.mutable_limits()->mutable_requests()->set_amount(1'000'000'000); }},
      {"limits.requests.burst 101",
       [](ClientKey& key) { key.mutable_limits()->mutable_requests()->set_burst(101); }},
      {"limits.requests.burst 0",
       [](ClientKey& key) { key.mutable_limits()->mutable_requests()->set_burst(0); }},
      {"limits.tokens.amount 0",
       [](ClientKey& key) { key.mutable_limits()->mutable_tokens()->set_amount(0); }},
      {"limits.tokens.interval",
       [](ClientKey& key) { key.mutable_limits()->mutable_tokens()->clear_interval(); }},
      {"limits.tokens is more than 1000000 a second",
       [](ClientKey& key) { key.mutable_limits()->mutable_tokens()->set_amount(1'000'000'000); }},
      {"limits.tokens.burst 1000001",
       [](ClientKey& key) { key.mutable_limits()->mutable_tokens()->set_burst(1'000'001); }},
      {"limits.concurrent 0", [](ClientKey& key) { key.mutable_limits()->set_concurrent(0); }},
      {"budget.period", [](ClientKey& key) { key.mutable_budget()->clear_period(); }},
      {"budget.period",
       [](ClientKey& key) {
         key.mutable_budget()->set_period(static_cast<config::v1::BudgetPeriod>(9));
       }},
      {"budget has neither",
       [](ClientKey& key) {
         key.mutable_budget()->clear_tokens();
         key.mutable_budget()->clear_cost_nanos();
       }},
      {"budget.tokens 0", [](ClientKey& key) { key.mutable_budget()->set_tokens(0); }},
      {"budget.tokens 1000000000000001",
       [](ClientKey& key) { key.mutable_budget()->set_tokens(1'000'000'000'000'001); }},
      {"budget.cost_nanos -1", [](ClientKey& key) { key.mutable_budget()->set_cost_nanos(-1); }},
      {"budget.cost_nanos 1000000000000000001",
       [](ClientKey& key) { key.mutable_budget()->set_cost_nanos(1'000'000'000'000'000'001); }},
      {"budget.warn_percent 0", [](ClientKey& key) { key.mutable_budget()->set_warn_percent(0); }},
      {"budget.warn_percent 101",
       [](ClientKey& key) { key.mutable_budget()->set_warn_percent(101); }},
      {"replaced_by", [](ClientKey& key) { key.set_replaced_by("x y"); }},
      {"without expires_at", [](ClientKey& key) { key.set_replaced_by("xy"); }},
      {"without revoked_at", [](ClientKey& key) { key.set_cut_streams(true); }},
  };
  for (const Row& row : rows) {
    ClientKey key = GoodKey();
    row.change(key);
    const absl::Status status = ToStatus(CheckClientKey(key));
    EXPECT_NE(std::string(status.message()).find(row.breaks), std::string::npos)
        << row.breaks << ": " << status;
  }
}

}  // namespace
}  // namespace sluice::wire
