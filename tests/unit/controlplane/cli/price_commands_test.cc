#include <gmock/gmock.h>

#include "controlplane/cli/money.h"
#include "tests/unit/controlplane/cli/command_fixture.h"

namespace sluice::cli {
namespace {

using ::testing::HasSubstr;

using admin::v1::UpdateProviderRequest;

class PriceCommandsTest : public CommandTest {
 protected:
  PriceCommandsTest() {
    Answer<admin::v1::ListProvidersResponse>(
        "providers { name: 'else' } providers { name: 'lab' preset: 'openai' prices { model: 'old' "
        "input_nanos: 1000000000 } prices { model: 'big' input_nanos: 2000000000 "
        "up_to_input_tokens: 5 } } revision: 8");
    Answer<admin::v1::ListPresetsResponse>(
        "presets { name: 'other' prices { model: 'no' } } "
        "presets { name: 'openai' prices_as_of: '2026-01-02' prices { model: 'gpt-5' input_nanos: "
        "1250000000 cached_input_nanos: 125000000 output_nanos: 10000000000 } }");
    Answer<admin::v1::UpdateProviderResponse>("revision: 9");
  }
};

TEST_F(PriceCommandsTest, ListsOwnPricesBeforeThePresets) {
  const Result result = Run({"price", "list", "lab"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out,
            "MODEL       FROM    INPUT  CACHED  WRITTEN  OUTPUT  OTHER\n"
            "old         you         1       -        -       -      -\n"
            "big (to 5)  you         2       -        -       -      -\n"
            "gpt-5       preset   1.25   0.125        -      10      -\n");
  EXPECT_THAT(result.err, HasSubstr("looked up on 2026-01-02"));
}

TEST_F(PriceCommandsTest, ANewPriceComesFirst) {
  const Result result = Run({"price", "set", "lab", "gpt-*", "--input", "0.0375", "--output", "10",
                             "--request", "0.000000001"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "price of gpt-* at lab set, revision 9\n");
  EXPECT_THAT(
      Asked<UpdateProviderRequest>(),
      HasSubstr(
          "provider { name: \"lab\" prices { model: \"gpt-*\" input_nanos: 37500000 "
          "output_nanos: 10000000000 request_nanos: 1 } prices { model: \"old\" "
          "input_nanos: 1000000000 } prices { model: \"big\" input_nanos: 2000000000 "
          "up_to_input_tokens: 5 } } update_mask { paths: \"prices\" } expected_revision: 8"));
}

TEST_F(PriceCommandsTest, APriceForLongPromptsComesAfterThoseForShorterOnes) {
  EXPECT_EQ(Run({"price", "set", "lab", "big", "--input", "4"}).exit_code, 0);
  EXPECT_THAT(Asked<UpdateProviderRequest>(),
              HasSubstr("up_to_input_tokens: 5 } prices { model: \"big\" input_nanos: 4000000000 } "
                        "} update_mask"));
}

TEST_F(PriceCommandsTest, AProviderThatIsNotThereIsNamed) {
  EXPECT_THAT(Run({"price", "list", "nobody"}).err, HasSubstr("there is no provider \"nobody\""));
}

TEST_F(PriceCommandsTest, APriceThatIsThereIsReplacedWhereItStands) {
  const Result result = Run({"price", "set", "lab", "big", "--up-to", "5", "--input", "3"});
  EXPECT_EQ(result.out, "price of big at lab changed, revision 9\n");
  EXPECT_THAT(Asked<UpdateProviderRequest>(),
              HasSubstr("prices { model: \"old\" input_nanos: 1000000000 } prices { model: \"big\" "
                        "input_nanos: 3000000000 up_to_input_tokens: 5 } }"));
}

TEST_F(PriceCommandsTest, OneIsDeletedAndTheOthersStay) {
  const Result result = Run({"price", "delete", "lab", "old"});
  EXPECT_EQ(result.out, "price of old at lab deleted, revision 9\n");
  EXPECT_THAT(Asked<UpdateProviderRequest>(), HasSubstr("provider { name: \"lab\" prices { model: "
                                                        "\"big\""));
  const Result none = Run({"price", "delete", "lab", "gpt-5"});
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_THAT(none.err, HasSubstr("no price of its own for \"gpt-5\""));
}

TEST_F(PriceCommandsTest, WhatIsNoAmountIsNamed) {
  const Result result = Run({"price", "set", "lab", "m", "--input", "2,5"});
  EXPECT_NE(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("--input \"2,5\" is not an amount of US dollars"));
  EXPECT_THAT(Run({"price", "set", "lab", "m"}).err, HasSubstr("there is no price"));
  EXPECT_EQ(Asked<UpdateProviderRequest>(), "");
}

TEST(MoneyTest, ThereAndBack) {
  for (const char* const text : {"0", "1", "2.5", "0.000000001", "999999999.999999999", "0.0375"}) {
    const auto nanos = ParseDollars(text);
    ASSERT_TRUE(nanos.ok()) << text;
    EXPECT_EQ(DollarsText(*nanos), text);
  }
  EXPECT_EQ(*ParseDollars("2.50"), 2'500'000'000);
}

TEST(MoneyTest, WhatIsNoAmount) {
  for (const char* const text : {"", ".", "1.", ".5", "-1", "+1", "1e3", "$2", "0.0000000001",
                                 "1234567890", "1 ", "1.2.3"}) {
    EXPECT_FALSE(ParseDollars(text).ok()) << text;
  }
}

}  // namespace
}  // namespace sluice::cli
