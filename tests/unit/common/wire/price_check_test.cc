// What a provider's models may be said to cost.
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>

#include <string>

#include "common/wire/config_check.h"

namespace sluice::wire {
namespace {

using ::testing::HasSubstr;

// The first violation of a provider with these fields; "" if there is none.
std::string Problem(const std::string& fields) {
  config::v1::Provider provider;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString("name: 'x' preset: 'openai' " + fields,
                                                            &provider));
  const auto found = CheckProvider(provider);
  return found.empty() ? "" : found[0].reason;
}

TEST(PriceCheck, TakesWhatIsInRange) {
  EXPECT_EQ(
      Problem("prices { model: 'gpt-*' input_nanos: 0 output_nanos: 1000000000000000 "
              "cached_input_nanos: 1 cache_write_nanos: 1 reasoning_nanos: 1 request_nanos: 1 "
              "audio_minute_nanos: 1 up_to_input_tokens: 1 } prices { model: 'gpt-*' } "
              "prices { model: 'openai/gpt-5' }"),
      "");
}

TEST(PriceCheck, NamesTheModelThatIsNoneOrTwice) {
  EXPECT_THAT(Problem("prices { }"), HasSubstr("prices has the model \"\""));
  EXPECT_THAT(Problem("prices { model: 'a b' }"), HasSubstr("prices has the model \"a b\""));
  EXPECT_THAT(Problem("prices { model: 'a' } prices { model: 'b' } prices { model: 'a' }"),
              HasSubstr("prices has the model \"a\" twice"));
  EXPECT_THAT(Problem("prices { model: 'a' up_to_input_tokens: 7 } prices { model: 'a' "
                      "up_to_input_tokens: 7 }"),
              HasSubstr("twice"));
}

TEST(PriceCheck, NamesEachAmountThatIsOutOfRange) {
  for (const char* const field :
       {"input_nanos", "cached_input_nanos", "cache_write_nanos", "output_nanos", "reasoning_nanos",
        "request_nanos", "audio_minute_nanos"}) {
    for (const char* const value : {"-1", "1000000000000001"}) {
      EXPECT_THAT(Problem("prices { model: 'm' " + std::string(field) + ": " + value + " }"),
                  HasSubstr("prices: " + std::string(field) + " of \"m\" is " + value));
    }
  }
  EXPECT_THAT(Problem("prices { model: 'm' up_to_input_tokens: 0 }"),
              HasSubstr("up_to_input_tokens of \"m\" is 0"));
}

TEST(PriceCheck, AThousandRowsAreTheMost) {
  std::string rows;
  for (int i = 0; i < 1000; ++i) rows += "prices { model: 'm" + std::to_string(i) + "' } ";
  EXPECT_EQ(Problem(rows), "");
  EXPECT_THAT(Problem(rows + "prices { model: 'm' }"), HasSubstr("prices has 1001 entries"));
}

}  // namespace
}  // namespace sluice::wire
