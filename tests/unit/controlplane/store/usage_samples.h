// Batches of usage as nodes send them, for tests.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "controlplane/store/timestamp.h"
#include "controlplane/store/usage_store.h"
#include "google/protobuf/text_format.h"

namespace sluice::store {

// The begin of an hour and of a day.
inline const absl::Time kUsageTime = absl::FromUnixSeconds(1'700'006'400);

inline fleet::v1::UsageRecord UsageOf(const std::string& text, absl::Time at = kUsageTime) {
  fleet::v1::UsageRecord record;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &record)) << text;
  if (record.requests() == 0) record.set_requests(1);
  *record.mutable_ended_at() = ToTimestamp(at);
  return record;
}

inline std::string SegmentOf(char letter) { return std::string(16, letter); }

// Records `first` to `first + count - 1` of the segment, each with its own number as input tokens.
inline NodeUsage NumberedUsage(const std::string& node, char segment, int first, int count,
                               absl::Time at = kUsageTime) {
  NodeUsage usage{node, {}};
  usage.batch.set_segment(SegmentOf(segment));
  usage.batch.set_first(first);
  for (int i = 0; i < count; ++i) {
    fleet::v1::UsageRecord record = UsageOf(
        "client_key_id: 'k' provider: 'p' model: 'm' status: 200 side: NONE "
        "quality: COMPLETE",
        at);
    record.set_input_tokens(first + i);
    *usage.batch.add_records() = std::move(record);
  }
  return usage;
}

inline NodeUsage BatchOf(const std::string& node, char segment, int first,
                         const std::vector<fleet::v1::UsageRecord>& records) {
  NodeUsage usage{node, {}};
  usage.batch.set_segment(SegmentOf(segment));
  usage.batch.set_first(first);
  for (const auto& record : records) *usage.batch.add_records() = record;
  return usage;
}

inline std::unique_ptr<UsageStore> OpenUsage(const std::string& path,
                                             const UsageTerms& terms = {}) {
  auto store = UsageStore::Open(path, terms);
  EXPECT_TRUE(store.ok()) << store.status();
  return store.ok() ? *std::move(store) : nullptr;
}

// All that there is, as one sum.
inline admin::v1::UsageSums AllUsage(UsageStore& store) {
  const auto response = store.Query({}, {});
  EXPECT_TRUE(response.ok()) << response.status();
  return response.ok() ? response->total() : admin::v1::UsageSums();
}

inline int DetailCount(UsageStore& store) {
  const auto response = store.List({}, 0, 100'000);
  EXPECT_TRUE(response.ok()) << response.status();
  return response.ok() ? response->records_size() : -1;
}

}  // namespace sluice::store
