#include "common/catalog/price_rows.h"

#include <gtest/gtest.h>

#include <set>

#include "absl/time/time.h"
#include "common/catalog/preset.h"

namespace sluice::catalog {
namespace {

config::v1::Provider Instance(const std::string& preset) {
  config::v1::Provider provider;
  provider.set_name("mine");
  provider.set_preset(preset);
  return provider;
}

TEST(PriceRowsTest, EveryRowHasInputAndOutput) {
  int rows = 0;
  for (const Preset& preset : Presets()) {
    for (const auto& price : preset.prices) {
      EXPECT_GT(price.input_nanos(), 0) << price.model();
      EXPECT_GE(price.output_nanos(), price.input_nanos()) << price.model();
      EXPECT_LE(price.cached_input_nanos(), price.input_nanos()) << price.model();
      ++rows;
    }
  }
  EXPECT_GT(rows, 50);
}

TEST(PriceRowsTest, TheDayIsOne) {
  absl::Time day;
  std::string error;
  EXPECT_TRUE(absl::ParseTime("%Y-%m-%d", std::string(kPricesAsOf), &day, &error)) << error;
}

// A row that can never be reached is a mistake.
TEST(PriceRowsTest, ARowThatIsBoundedStandsBeforeTheOneThatIsNot) {
  for (const Preset& preset : Presets()) {
    std::set<std::string> unbounded;
    for (const auto& price : preset.prices) {
      EXPECT_EQ(unbounded.count(price.model()), 0U) << price.model();
      if (!price.has_up_to_input_tokens()) unbounded.insert(price.model());
    }
  }
}

TEST(PriceRowsTest, AProvidersOwnPricesComeBeforeItsPresets) {
  config::v1::Provider provider = Instance("openai");
  provider.add_prices()->set_model("gpt-5*");
  const auto resolved = Resolve(provider);
  ASSERT_TRUE(resolved.ok());
  ASSERT_GT(resolved->provider.prices_size(), 10);
  EXPECT_EQ(resolved->provider.prices(0).model(), "gpt-5*");
  EXPECT_EQ(resolved->provider.prices_size(), 1 + static_cast<int>(PricesOf("openai").size()));
}

TEST(PriceRowsTest, WhatIsNotKnownHasNoRows) {
  EXPECT_TRUE(PricesOf("ollama").empty());
  EXPECT_TRUE(PricesOf("").empty());
}

}  // namespace
}  // namespace sluice::catalog
