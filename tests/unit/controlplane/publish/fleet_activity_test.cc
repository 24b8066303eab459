#include "controlplane/publish/fleet_activity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/controlplane/store/usage_samples.h"

namespace sluice::publish {
namespace {

using admin::v1::Activity;
using admin::v1::GetActivityResponse;
using store::UsageOf;

// The begin of a slot.
const absl::Time kNow = store::kUsageTime;

class FleetActivityTest : public ::testing::Test {
 protected:
  void Add(const std::string& node, const std::vector<fleet::v1::UsageRecord>& records,
           int64_t skipped = 0, absl::Time now = kNow) {
    activity_.Add(store::BatchOf(node, 'a', 1, records), skipped, now);
  }
  static const Activity& Named(const google::protobuf::RepeatedPtrField<Activity>& list,
                               const std::string& name) {
    for (const Activity& one : list) {
      if (one.name() == name) return one;
    }
    ADD_FAILURE() << "there is no " << name;
    return Activity::default_instance();
  }

  FleetActivity activity_;
};

TEST_F(FleetActivityTest, ARequestCountsForItsNodeItsProviderItsKeyAndAll) {
  Add("n1", {UsageOf("client_key_id: 'k1' provider: 'openai' status: 200 side: NONE "
                     "input_tokens: 10 output_tokens: 5 cost_nanos: 700 bytes_down: 99 "
                     "duration_us: 2000000 first_byte_us: 300000",
                     kNow),
             UsageOf("client_key_id: 'k2' provider: 'openai' status: 200 side: NONE "
                     "input_tokens: 1",
                     kNow)});
  Add("n2", {UsageOf("provider: 'groq' status: 401 side: DOWNSTREAM", kNow)});
  const GetActivityResponse read = activity_.Read(60, kNow);
  EXPECT_EQ(read.total().requests(), 3);
  EXPECT_EQ(read.total().tokens(), 16);
  EXPECT_EQ(read.total().cost_nanos(), 700);
  EXPECT_EQ(read.total().unpriced_requests(), 1);
  EXPECT_EQ(read.total().bytes_down(), 99);
  EXPECT_EQ(Named(read.nodes(), "n1").requests(), 2);
  EXPECT_EQ(Named(read.nodes(), "n2").failed(), 1);
  EXPECT_EQ(Named(read.providers(), "openai").requests(), 2);
  EXPECT_EQ(Named(read.client_keys(), "k1").tokens(), 15);
  EXPECT_EQ(Named(read.client_keys(), "").requests(), 1) << "not known";
  const Activity& key = Named(read.client_keys(), "k1");
  EXPECT_EQ(key.duration_p50_us(), LatencyBinEnd(LatencyBinOf(2'000'000)));
  EXPECT_EQ(key.first_byte_p95_us(), LatencyBinEnd(LatencyBinOf(300'000)));
  EXPECT_EQ(Named(read.client_keys(), "k2").first_byte_p50_us(), 0) << "nothing was measured";
  EXPECT_EQ(read.nodes(0).name(), "n1") << "most requests first";
}

TEST_F(FleetActivityTest, FailuresAreToldApartByWhoseTheyAre) {
  Add("n1", {UsageOf("status: 200 side: NONE", kNow), UsageOf("status: 503 side: NONE", kNow),
             UsageOf("status: 502 side: UPSTREAM", kNow), UsageOf("status: 404 side: NONE", kNow),
             UsageOf("status: 429 side: GATEWAY", kNow), UsageOf("side: DOWNSTREAM", kNow)});
  const Activity total = activity_.Read(60, kNow).total();
  EXPECT_EQ(total.requests(), 6);
  EXPECT_EQ(total.failed(), 5);
  EXPECT_EQ(total.failed_upstream(), 2) << "not reached, and its own 503";
  EXPECT_EQ(total.refused(), 3);
}

TEST_F(FleetActivityTest, SeveralInOneRecordCountAsManyWithTheirMean) {
  Add("n1", {UsageOf("requests: 10 status: 500 side: GATEWAY duration_us: 50000 "
                     "first_byte_us: 20000 input_tokens: 3",
                     kNow)});
  const Activity total = activity_.Read(60, kNow).total();
  EXPECT_EQ(total.requests(), 10);
  EXPECT_EQ(total.failed(), 10);
  EXPECT_EQ(total.unpriced_requests(), 10);
  EXPECT_EQ(total.tokens(), 3);
  EXPECT_EQ(total.duration_p50_us(), LatencyBinEnd(LatencyBinOf(5000)));
  EXPECT_EQ(total.first_byte_p50_us(), LatencyBinEnd(LatencyBinOf(2000)));
}

TEST_F(FleetActivityTest, WhatWasStoredBeforeDoesNotCountAgain) {
  const auto record = UsageOf("status: 200 side: NONE", kNow);
  Add("n1", {record, record, record}, 2);
  EXPECT_EQ(activity_.Read(60, kNow).total().requests(), 1);
  Add("n1", {record, record, record}, 3);
  EXPECT_EQ(activity_.Read(60, kNow).total().requests(), 1);
}

TEST_F(FleetActivityTest, OnlyTheTimeThatIsAskedForCounts) {
  for (const int ago : {0, 9, 61, 299}) {
    Add("n1", {UsageOf("status: 200 side: NONE", kNow - absl::Seconds(ago))});
  }
  EXPECT_EQ(activity_.Read(1, kNow).total().requests(), 1);
  EXPECT_EQ(activity_.Read(10, kNow).total().requests(), 2);
  EXPECT_EQ(activity_.Read(60, kNow).total().requests(), 2);
  EXPECT_EQ(activity_.Read(65, kNow).total().requests(), 3);
  EXPECT_EQ(activity_.Read(300, kNow).total().requests(), 4);
  EXPECT_EQ(activity_.Read(300, kNow + absl::Seconds(100)).total().requests(), 3);
}

TEST_F(FleetActivityTest, TheAnswerSaysHowLongItsTimeIs) {
  EXPECT_EQ(activity_.Read(60, kNow).seconds(), 60);
  EXPECT_EQ(activity_.Read(60, kNow + absl::Seconds(3)).seconds(), 63) << "from a slot's begin";
  EXPECT_EQ(activity_.Read(1, kNow).seconds(), 5);
  EXPECT_EQ(activity_.Read(60, kNow).until().seconds(), absl::ToUnixSeconds(kNow));
}

TEST_F(FleetActivityTest, WhatIsTooOldOrTooFarAheadIsLeftOut) {
  Add("n1", {UsageOf("status: 200 side: NONE", kNow - absl::Seconds(310)),
             UsageOf("status: 200 side: NONE", kNow + absl::Seconds(90)),
             UsageOf("status: 200 side: NONE", kNow + absl::Seconds(20))});
  EXPECT_EQ(activity_.Read(300, kNow).total().requests(), 0);
  EXPECT_EQ(activity_.Read(300, kNow + absl::Seconds(90)).total().requests(), 1);
}

TEST_F(FleetActivityTest, ASlotIsUsedAgainWhenItsTimeIsOver) {
  for (int minute = 0; minute < 60; ++minute) {
    const absl::Time now = kNow + absl::Minutes(minute);
    Add("n" + std::to_string(minute), {UsageOf("status: 200 side: NONE", now)}, 0, now);
    EXPECT_LE(activity_.Read(300, now).total().requests(), 6);
  }
  EXPECT_EQ(activity_.Read(300, kNow + absl::Minutes(59)).nodes_size(), 6);
}

TEST_F(FleetActivityTest, TooManyNamesAreOthers) {
  constexpr auto kMost = static_cast<int>(FleetActivity::kMostClientKeys);
  std::vector<fleet::v1::UsageRecord> records;
  for (int i = 0; i < kMost + 7; ++i) {
    records.push_back(UsageOf("client_key_id: 'k" + std::to_string(i) + "' side: NONE", kNow));
  }
  Add("n1", records);
  // In another slot there are others.
  Add("n1", {UsageOf("client_key_id: 'late' side: NONE", kNow + absl::Seconds(5))}, 0,
      kNow + absl::Seconds(5));
  const auto read = activity_.Read(60, kNow + absl::Seconds(5));
  EXPECT_EQ(read.total().requests(), kMost + 8);
  EXPECT_EQ(read.client_keys_size(), FleetActivity::kMostListed);
  EXPECT_EQ(read.client_keys(0).name(), FleetActivity::kOthers);
  EXPECT_EQ(read.client_keys(0).requests(), 8);
}

}  // namespace
}  // namespace sluice::publish
