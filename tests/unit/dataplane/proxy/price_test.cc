#include "dataplane/proxy/price.h"

#include <gtest/gtest.h>

namespace sluice::proxy {
namespace {

using config::ModelPrice;
using meter::Quality;
using meter::Usage;

constexpr int64_t kDollar = 1'000'000'000;

Usage Used(int64_t input, int64_t output) {
  Usage usage;
  usage.input = input;
  usage.output = output;
  usage.quality = Quality::kComplete;
  return usage;
}

// Two dollars a million of input, ten of output.
ModelPrice Plain(const std::string& model) {
  ModelPrice price;
  price.model = model;
  price.input = 2 * kDollar;
  price.output = 10 * kDollar;
  return price;
}

TEST(PriceTest, CountsEachKindAtItsOwnPrice) {
  ModelPrice price = Plain("m");
  price.cached_input = kDollar / 2;
  price.cache_write = 3 * kDollar;
  price.reasoning = 20 * kDollar;
  Usage usage = Used(1'000'000, 500'000);
  usage.cached = 400'000;
  usage.cache_write = 100'000;
  usage.reasoning = 200'000;
  // 0.5 M at 2, 0.4 M at 0.5, 0.1 M at 3; 0.3 M at 10, 0.2 M at 20.
  EXPECT_EQ(CostOf({price}, "m", usage),
            1 * kDollar + kDollar / 5 + 3 * kDollar / 10 + 3 * kDollar + 4 * kDollar);
}

TEST(PriceTest, KindsWithoutAPriceOfTheirOwnCostAsTheRest) {
  Usage usage = Used(1000, 1000);
  usage.cached = 500;
  usage.cache_write = 100;
  usage.reasoning = 900;
  EXPECT_EQ(CostOf({Plain("m")}, "m", usage), 12'000'000);
}

TEST(PriceTest, WhatTheProviderSaysCountsBeforeAnyPrice) {
  Usage usage = Used(1000, 1000);
  usage.cost_nanos = 7;
  EXPECT_EQ(CostOf({Plain("m")}, "m", usage), 7);
  EXPECT_EQ(CostOf({}, "", usage), 7);
}

TEST(PriceTest, TheFirstRowThatFitsCounts) {
  ModelPrice narrow = Plain("gpt-5-*");
  narrow.input = 0;
  narrow.output = 0;
  EXPECT_EQ(CostOf({narrow, Plain("*")}, "gpt-5-mini", Used(9, 9)), 0);
  EXPECT_EQ(CostOf({narrow, Plain("*")}, "gpt-4o", Used(1'000'000, 0)), 2 * kDollar);
  EXPECT_EQ(CostOf({narrow}, "gpt-4o", Used(9, 9)), std::nullopt);
}

TEST(PriceTest, LongPromptsMayCostMore) {
  ModelPrice small = Plain("m");
  small.up_to_input_tokens = 1000;
  ModelPrice large = Plain("m");
  large.input = 4 * kDollar;
  EXPECT_EQ(CostOf({small, large}, "m", Used(1000, 0)), 2'000'000);
  EXPECT_EQ(CostOf({small, large}, "m", Used(1001, 0)), 4'004'000);
}

TEST(PriceTest, AModelsNameHasNoFolders) {
  ModelPrice price = Plain("openai\x01*");
  EXPECT_EQ(CostOf({price}, "openai/gpt-5", Used(1'000'000, 0)), 2 * kDollar);
  EXPECT_EQ(CostOf({Plain("*")}, "openai/gpt-5", Used(1'000'000, 0)), 2 * kDollar);
}

TEST(PriceTest, WhatHasNoPriceMakesTheWholeUnknown) {
  ModelPrice price = Plain("m");
  price.output.reset();
  EXPECT_EQ(CostOf({price}, "m", Used(1000, 1)), std::nullopt);
  EXPECT_EQ(CostOf({price}, "m", Used(1000, 0)), 2'000'000);
}

TEST(PriceTest, WhatWasUsedButIsNotKnownCostsAnUnknownAmount) {
  Usage unmetered;
  EXPECT_EQ(CostOf({Plain("m")}, "m", unmetered), std::nullopt);
  ModelPrice each;
  each.model = "image-*";
  each.request = 40'000'000;
  EXPECT_EQ(CostOf({each}, "image-1", unmetered), 40'000'000);
}

TEST(PriceTest, OfASumAloneNobodyKnowsWhatWasOutput) {
  Usage usage = Used(1'000'000, 0);
  usage.quality = Quality::kEstimated;
  EXPECT_EQ(CostOf({Plain("m")}, "m", usage), std::nullopt);
  ModelPrice even = Plain("m");
  even.output = even.input;
  EXPECT_EQ(CostOf({even}, "m", usage), 2 * kDollar);
}

TEST(PriceTest, ARequestAndItsAudioHavePricesToo) {
  ModelPrice price;
  price.model = "whisper";
  price.audio_minute = 6'000'000;
  price.request = 5;
  Usage usage;
  usage.audio_ms = 90'000;
  usage.quality = Quality::kComplete;
  EXPECT_EQ(CostOf({price}, "whisper", usage), 9'000'005);
}

TEST(PriceTest, AnAbsurdBillIsBounded) {
  ModelPrice price = Plain("m");
  price.input = 1'000'000 * kDollar;
  EXPECT_EQ(CostOf({price}, "m", Used(1'000'000'000'000, 0)), 1'000'000 * kDollar);
}

TEST(PriceTest, WithoutAModelNothingIsKnown) {
  EXPECT_EQ(CostOf({Plain("*")}, "", Used(1, 1)), std::nullopt);
}

}  // namespace
}  // namespace sluice::proxy
