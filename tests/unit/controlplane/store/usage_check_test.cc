#include "controlplane/store/usage_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/controlplane/store/usage_samples.h"

namespace sluice::store {
namespace {

using fleet::v1::UsageBatch;
using fleet::v1::UsageRecord;
using ::testing::HasSubstr;

UsageBatch GoodBatch() { return NumberedUsage("n", 'a', 1, 2).batch; }

std::string Refusal(const std::function<void(UsageBatch&)>& change) {
  UsageBatch batch = GoodBatch();
  change(batch);
  const auto checked = CheckUsage("n", batch, kUsageTime);
  if (checked.ok()) return "";
  EXPECT_TRUE(absl::IsInvalidArgument(checked.status()));
  return std::string(checked.status().message());
}

UsageRecord Checked(const UsageRecord& record, absl::Time now = kUsageTime) {
  UsageBatch batch = GoodBatch();
  *batch.mutable_records(0) = record;
  const auto checked = CheckUsage("n", batch, now);
  EXPECT_TRUE(checked.ok()) << checked.status();
  return checked.ok() ? checked->batch.records(0) : UsageRecord();
}

TEST(UsageCheckTest, AGoodBatchStaysAsItIs) {
  const UsageBatch batch = GoodBatch();
  const auto checked = CheckUsage("n1", batch, kUsageTime);
  ASSERT_TRUE(checked.ok()) << checked.status();
  EXPECT_EQ(checked->node, "n1");
  EXPECT_EQ(checked->batch.SerializeAsString(), batch.SerializeAsString());
}

TEST(UsageCheckTest, ABatchThatNoNodeSendsIsRefusedByItsField) {
  EXPECT_EQ(Refusal([](UsageBatch&) {}), "");
  EXPECT_THAT(Refusal([](UsageBatch& b) { b.set_segment("short"); }),
              HasSubstr("segment has 5 bytes, not 16"));
  EXPECT_THAT(Refusal([](UsageBatch& b) { b.set_first(0); }), HasSubstr("first is 0"));
  EXPECT_THAT(Refusal([](UsageBatch& b) { b.set_first(std::numeric_limits<int64_t>::max()); }),
              HasSubstr("first is 9223372036854775807"));
  EXPECT_THAT(Refusal([](UsageBatch& b) { b.clear_records(); }), HasSubstr("it has 0 records"));
  EXPECT_THAT(Refusal([](UsageBatch& b) {
                while (b.records_size() <= kMostUsageRecords) *b.add_records() = b.records(0);
              }),
              HasSubstr("it has 501 records, not 1 to 500"));
  EXPECT_THAT(Refusal([](UsageBatch& b) { b.mutable_records(1)->set_requests(0); }),
              HasSubstr("records[1].requests is 0"));
  EXPECT_THAT(Refusal([](UsageBatch& b) { b.mutable_records(0)->set_status(-1); }),
              HasSubstr("records[0].status is -1"));
}

TEST(UsageCheckTest, ANumberBelowZeroOrBeyondAllMeaningRefusesTheBatch) {
  const std::vector<std::pair<std::string, void (UsageRecord::*)(int64_t)>> numbers = {
      {"input_tokens", &UsageRecord::set_input_tokens},
      {"output_tokens", &UsageRecord::set_output_tokens},
      {"cached_tokens", &UsageRecord::set_cached_tokens},
      {"cache_write_tokens", &UsageRecord::set_cache_write_tokens},
      {"reasoning_tokens", &UsageRecord::set_reasoning_tokens},
      {"cost_nanos", &UsageRecord::set_cost_nanos},
      {"bytes_up", &UsageRecord::set_bytes_up},
      {"bytes_down", &UsageRecord::set_bytes_down},
      {"duration_us", &UsageRecord::set_duration_us}};
  for (const auto& [name, set] : numbers) {
    for (const int64_t value : {int64_t{-1}, kMostUsageCount + 1}) {
      const auto setter = set;
      EXPECT_THAT(Refusal([&](UsageBatch& b) { (b.mutable_records(1)->*setter)(value); }),
                  HasSubstr("records[1]." + name + " is " + std::to_string(value)));
    }
  }
}

TEST(UsageCheckTest, TextsAreBoundedAndPrintable) {
  EXPECT_EQ(UsageText("gpt-5"), "gpt-5");
  EXPECT_EQ(UsageText(""), "");
  EXPECT_EQ(UsageText("a\nb\x7F\x01"), "a?b??");
  EXPECT_EQ(UsageText("größe 漢字 😀"), "größe 漢字 😀");
  EXPECT_EQ(UsageText("a\xC2\x9B"
                      "b"),
            "a??b")
      << "C1 steers terminals";
  EXPECT_EQ(UsageText("\xFF\xC0\xAF\xED\xA0\x80"), "??????");
  EXPECT_EQ(UsageText(std::string(300, 'x')), std::string(kMostUsageText, 'x'));
  EXPECT_EQ(UsageText(std::string(300, '\x01')), std::string(kMostUsageText, '?'));
  // Never half a character.
  EXPECT_EQ(UsageText(std::string(127, 'x') + "ü"), std::string(127, 'x'));
  EXPECT_EQ(UsageText("truncated\xE6\xBC"), "truncated??");
}

TEST(UsageCheckTest, EveryTextOfARecordIsBounded) {
  const std::string odd = "a\x02" + std::string(200, 'b');
  UsageRecord record = UsageOf("");
  record.set_client_key_id(odd);
  record.set_provider(odd);
  record.set_provider_key_id(odd);
  record.set_model(odd);
  record.set_request_id(odd);
  const UsageRecord kept = Checked(record);
  for (const std::string& text : {kept.client_key_id(), kept.provider(), kept.provider_key_id(),
                                  kept.model(), kept.request_id()}) {
    EXPECT_EQ(text, "a?" + std::string(kMostUsageText - 2, 'b'));
  }
}

TEST(UsageCheckTest, WhatLooksLikeASecretIsNotKept) {
  for (const std::string secret : {"slk_abcdefgh", "x slk_abcdefgh", "sla_x", "slj_x", "sk-proj-1",
                                   "eyJhbGciOiJIUzI1NiJ9.e30.x", "Bearer x", "AIzaSyD"}) {
    EXPECT_EQ(UsageText(secret), "_withheld") << secret;
  }
  EXPECT_EQ(UsageText("mask-rcnn"), "mask-rcnn");
}

TEST(UsageCheckTest, TimesAreBelievedWithinBounds) {
  const auto at = [](const UsageRecord& record) { return ToTime(record.ended_at()); };
  const absl::Time now = kUsageTime;
  EXPECT_EQ(at(Checked(UsageOf("", now - absl::Hours(48)))), now - absl::Hours(48));
  EXPECT_EQ(at(Checked(UsageOf("", now + absl::Seconds(1)))), now);
  EXPECT_EQ(at(Checked(UsageOf("", now - absl::Hours(24 * 5000)))), now - absl::Hours(24 * 400));
  UsageRecord none = UsageOf("");
  none.clear_ended_at();
  EXPECT_EQ(at(Checked(none)), now);
  for (const int64_t seconds :
       {std::numeric_limits<int64_t>::min(), int64_t{-1}, std::numeric_limits<int64_t>::max()}) {
    none.mutable_ended_at()->set_seconds(seconds);
    EXPECT_EQ(at(Checked(none)), now) << seconds;
  }
  none.mutable_ended_at()->set_seconds(absl::ToUnixSeconds(now) - 5);
  none.mutable_ended_at()->set_nanos(-7);
  EXPECT_EQ(at(Checked(none)), now);
}

TEST(UsageCheckTest, AQualityOfALaterReleaseIsNone) {
  UsageRecord record = UsageOf("");
  record.set_quality(static_cast<UsageRecord::Quality>(77));
  EXPECT_EQ(Checked(record).quality(), UsageRecord::QUALITY_UNSPECIFIED);
}

}  // namespace
}  // namespace sluice::store
