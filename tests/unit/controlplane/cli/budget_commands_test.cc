#include <gmock/gmock.h>

#include "tests/unit/controlplane/cli/command_fixture.h"

namespace sluice::cli {
namespace {

using ::testing::HasSubstr;

using admin::v1::CreateClientKeyRequest;
using admin::v1::UpdateClientKeyRequest;

class BudgetCommandsTest : public CommandTest {
 protected:
  BudgetCommandsTest() {
    Answer<admin::v1::CreateClientKeyResponse>(
        "client_key { id: 'abc' name: 'web' } key: 'slk_once' revision: 6");
    Answer<admin::v1::UpdateClientKeyResponse>("client_key { name: 'web' } revision: 7");
  }
};

TEST_F(BudgetCommandsTest, AKeyIsGivenABudgetInBothMeasures) {
  const Result result =
      Run({"key", "create", "--name", "web", "--budget", "5000000/month", "--budget",
           "20.5usd/month", "--budget-warn", "90", "--budget-strict"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(Asked<CreateClientKeyRequest>(),
            "client_key { name: \"web\" budget { period: BUDGET_PERIOD_MONTH tokens: 5000000 "
            "cost_nanos: 20500000000 warn_percent: 90 strict: true } }");
}

TEST_F(BudgetCommandsTest, ABudgetIsReplacedAsAWholeAndTakenAway) {
  EXPECT_EQ(Run({"key", "update", "web", "--budget", "9/day"}).exit_code, 0);
  EXPECT_EQ(Asked<UpdateClientKeyRequest>(),
            "key: \"web\" client_key { budget { period: BUDGET_PERIOD_DAY tokens: 9 } } "
            "update_mask { paths: \"budget\" }");
  EXPECT_EQ(Run({"key", "update", "web", "--no-budget"}).exit_code, 0);
  EXPECT_EQ(Asked<UpdateClientKeyRequest>(),
            "key: \"web\" client_key { } update_mask { paths: \"budget\" }");
}

TEST_F(BudgetCommandsTest, WhatIsNoBudgetIsNamed) {
  for (const char* const text :
       {"5", "5/week", "usd/day", "x/day", "1e3/day", "/day", "5eur/day"}) {
    const Result result = Run({"key", "create", "--name", "web", "--budget", text});
    EXPECT_NE(result.exit_code, 0) << text;
    EXPECT_THAT(result.err, HasSubstr("is not an amount and a time")) << text;
  }
  EXPECT_THAT(Run({"key", "create", "--name", "web", "--budget", "1/day", "--budget", "2/day"}).err,
              HasSubstr("tokens are given twice"));
  EXPECT_THAT(
      Run({"key", "create", "--name", "web", "--budget", "1/day", "--budget", "2usd/month"}).err,
      HasSubstr("both are of a day, or both of a month"));
  EXPECT_EQ(Asked<CreateClientKeyRequest>(), "");
}

TEST_F(BudgetCommandsTest, ListsHowFarEachIs) {
  Answer<admin::v1::ListBudgetsResponse>(
      "budgets { client_key_name: 'web' state: EXCEEDED spent { tokens: 1010 cost_nanos: "
      "1500000000 } budget { period: BUDGET_PERIOD_DAY tokens: 1000 cost_nanos: 20000000000 } } "
      "budgets { client_key_name: 'job' state: WITHIN spent { cost_nanos: 0 } budget { period: "
      "BUDGET_PERIOD_MONTH cost_nanos: 5000000000 } }");
  const Result result = Run({"budget"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out,
            "KEY  STATE     SPENT                     BUDGET\n"
            "web  exceeded  1010 (101 %), $1.5 (7 %)  1000 tokens/day and $20/day\n"
            "job  within    $0 (0 %)                  $5/month\n");
}

TEST_F(BudgetCommandsTest, WithoutABudgetItSaysHowToGiveOne) {
  Answer<admin::v1::ListBudgetsResponse>("");
  EXPECT_THAT(Run({"budget"}).err, HasSubstr("sluicectl key update KEY --budget"));
}

}  // namespace
}  // namespace sluice::cli
