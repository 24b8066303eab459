#include "dataplane/observe/usage_fold.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::observe {
namespace {

using fleet::v1::UsageRecord;

UsageRecord Record(const std::string& key, const std::string& model, int64_t input) {
  UsageRecord record;
  record.mutable_ended_at()->set_seconds(7200);
  record.set_requests(1);
  record.set_client_key_id(key);
  record.set_provider("openai");
  record.set_model(model);
  record.set_input_tokens(input);
  record.set_request_id("req_1");
  return record;
}

int64_t InputOf(const std::vector<UsageRecord>& records) {
  int64_t input = 0;
  for (const UsageRecord& record : records) input += record.input_tokens();
  return input;
}

TEST(UsageFoldTest, SumsWhatHasAllInCommonAndForgetsTheRequest) {
  UsageFold fold;
  fold.Add(Record("a", "m", 3));
  UsageRecord later = Record("a", "m", 4);
  later.mutable_ended_at()->set_seconds(7300);
  later.set_output_tokens(2);
  fold.Add(later);
  const auto records = fold.Take();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].requests(), 2);
  EXPECT_EQ(records[0].input_tokens(), 7);
  EXPECT_EQ(records[0].output_tokens(), 2);
  EXPECT_EQ(records[0].ended_at().seconds(), 7300);
  EXPECT_EQ(records[0].request_id(), "");
  EXPECT_FALSE(records[0].has_cost_nanos());
  EXPECT_TRUE(fold.empty());
}

TEST(UsageFoldTest, WhatDiffersIsToldApart) {
  UsageFold fold;
  fold.Add(Record("a", "m", 1));
  fold.Add(Record("b", "m", 1));
  fold.Add(Record("a", "n", 1));
  UsageRecord other = Record("a", "m", 1);
  other.set_status(429);
  fold.Add(other);
  other = Record("a", "m", 1);
  other.mutable_ended_at()->set_seconds(3600);  // another hour
  fold.Add(other);
  other = Record("a", "m", 1);
  other.set_cost_nanos(5);  // a known cost is no part of an unknown one
  fold.Add(other);
  EXPECT_EQ(fold.Take().size(), 6u);
}

TEST(UsageFoldTest, IsBoundedAndLosesNoToken) {
  UsageFold fold;
  constexpr int kRecords = 3 * static_cast<int>(UsageFold::kMostGroups);
  for (int i = 0; i < kRecords; ++i) {
    fold.Add(Record("key-" + std::to_string(i), "model-" + std::to_string(i), 1));
  }
  const auto records = fold.Take();
  EXPECT_LE(records.size(), 2 * UsageFold::kMostGroups + 1);
  EXPECT_EQ(InputOf(records), kRecords);
  int64_t others = 0;
  for (const UsageRecord& record : records) {
    if (record.client_key_id() == UsageFold::kOthers) others += record.requests();
  }
  EXPECT_EQ(others, kRecords - 2 * static_cast<int>(UsageFold::kMostGroups));
}

}  // namespace
}  // namespace sluice::observe
