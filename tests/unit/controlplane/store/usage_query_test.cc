// Questions: what is summed up, by what, of which time, in which order; and what hostile nodes
// cannot do to the answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "controlplane/store/usage_hours.h"
#include "controlplane/store/usage_sums.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/controlplane/store/usage_samples.h"

namespace sluice::store {
namespace {

using admin::v1::QueryUsageResponse;
using admin::v1::UsageDimension;
using fleet::v1::UsageRecord;
using ::testing::ElementsAre;

class UsageQueryTest : public ::testing::Test {
 protected:
  UsageQueryTest() : store_(OpenUsage(folder_.File("usage.db"))) {}

  void Put(const std::string& node, const std::vector<UsageRecord>& records) {
    const char segment = next_segment_++;
    const auto added = store_->Add({BatchOf(node, segment, 1, records)}, kUsageTime);
    ASSERT_TRUE(added.ok()) << added.status();
    folded_ += added->folded;
  }
  QueryUsageResponse Query(const std::vector<UsageDimension>& by,
                           const UsageSelection& selection = {}) {
    auto response = store_->Query(selection, by);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? *std::move(response) : QueryUsageResponse();
  }
  // "NAME requests" of each row.
  std::vector<std::string> Rows(UsageDimension by, const UsageSelection& selection = {}) {
    std::vector<std::string> rows;
    const QueryUsageResponse response = Query({by}, selection);
    for (const auto& row : response.rows()) {
      rows.push_back(row.client_key_id() + row.provider() + row.model() + row.node() +
                     row.quality() + " " + std::to_string(row.sums().requests()));
    }
    return rows;
  }

  test::TempFolder folder_;
  std::unique_ptr<UsageStore> store_;
  char next_segment_ = 'A';
  int64_t folded_ = 0;
};

TEST_F(UsageQueryTest, EverythingOfARecordIsInTheSums) {
  Put("n1", {UsageOf("requests: 3 status: 200 side: NONE input_tokens: 1 output_tokens: 2 "
                     "cached_tokens: 3 cache_write_tokens: 4 reasoning_tokens: 5 cost_nanos: 6 "
                     "bytes_up: 7 bytes_down: 8"),
             UsageOf("requests: 1 status: 200 side: NONE input_tokens: 10")});
  const admin::v1::UsageSums sums = Query({}).rows(0).sums();
  EXPECT_EQ(sums.ShortDebugString(),
            "requests: 4 input_tokens: 11 output_tokens: 2 cached_tokens: 3 cache_write_tokens: 4 "
            "reasoning_tokens: 5 cost_nanos: 6 unpriced_requests: 1 bytes_up: 7 bytes_down: 8");
  EXPECT_EQ(Query({}).total().ShortDebugString(), sums.ShortDebugString());
}

TEST_F(UsageQueryTest, FailedIsWhatDidNotGoThroughOrEndedInAnError) {
  Put("n1", {UsageOf("status: 200 side: NONE"), UsageOf("status: 399 side: NONE"),
             UsageOf("requests: 2 status: 400 side: NONE"), UsageOf("status: 200 side: UPSTREAM"),
             UsageOf("side: DOWNSTREAM"), UsageOf("status: 503 side: GATEWAY")});
  EXPECT_EQ(Query({}).total().failed(), 5);
  EXPECT_EQ(Query({}).total().requests(), 7);
}

TEST_F(UsageQueryTest, ACostIsUnknownWhereTokensWereUsedAndNoneWasTold) {
  Put("n1", {UsageOf("requests: 2 input_tokens: 1"), UsageOf("output_tokens: 1"), UsageOf(""),
             UsageOf("input_tokens: 5 cost_nanos: 0"), UsageOf("input_tokens: 5 cost_nanos: 9")});
  EXPECT_EQ(Query({}).total().unpriced_requests(), 3);
  EXPECT_EQ(Query({}).total().cost_nanos(), 9);
}

TEST_F(UsageQueryTest, NothingIsOneSumOfNothing) {
  const QueryUsageResponse none = Query({});
  ASSERT_EQ(none.rows_size(), 1);
  EXPECT_EQ(none.rows(0).sums().requests(), 0);
  EXPECT_EQ(Query({admin::v1::BY_MODEL}).rows_size(), 0);
}

TEST_F(UsageQueryTest, EachDimensionTellsItsOwnApart) {
  Put("n1", {UsageOf("client_key_id: 'a' provider: 'p' model: 'm1' quality: COMPLETE "
                     "input_tokens: 5"),
             UsageOf("client_key_id: 'a' provider: 'q' model: 'm2' quality: PARTIAL "
                     "input_tokens: 9")});
  Put("n2", {UsageOf("client_key_id: 'b' provider: 'p' model: 'm1' quality: COMPLETE "
                     "output_tokens: 7"),
             UsageOf("quality: UNMETERED")});
  EXPECT_THAT(Rows(admin::v1::BY_CLIENT_KEY), ElementsAre("a 2", "b 1", " 1"));
  EXPECT_THAT(Rows(admin::v1::BY_PROVIDER), ElementsAre("p 2", "q 1", " 1"));
  EXPECT_THAT(Rows(admin::v1::BY_MODEL), ElementsAre("m1 2", "m2 1", " 1"));
  EXPECT_THAT(Rows(admin::v1::BY_NODE), ElementsAre("n1 2", "n2 2"));
  EXPECT_THAT(Rows(admin::v1::BY_QUALITY), ElementsAre("complete 2", "partial 1", "unmetered 1"));
  const QueryUsageResponse two = Query({admin::v1::BY_NODE, admin::v1::BY_CLIENT_KEY});
  ASSERT_EQ(two.rows_size(), 3);
  EXPECT_EQ(two.rows(0).node(), "n1");
  EXPECT_EQ(two.rows(0).client_key_id(), "a");
  EXPECT_EQ(two.rows(0).model(), "") << "only what was asked for";
}

TEST_F(UsageQueryTest, TimesAscendAndThenTheMostTokensComeFirst) {
  const absl::Time early = kUsageTime - absl::Hours(25);
  Put("n1", {UsageOf("model: 'small' input_tokens: 1"), UsageOf("model: 'large' input_tokens: 9"),
             UsageOf("model: 'early' input_tokens: 1", early),
             UsageOf("model: 'next' input_tokens: 1", early + absl::Hours(1))});
  const QueryUsageResponse hours = Query({admin::v1::BY_MODEL, admin::v1::BY_HOUR});
  std::vector<std::string> models;
  for (const auto& row : hours.rows()) models.push_back(row.model());
  EXPECT_THAT(models, ElementsAre("early", "next", "large", "small"));
  EXPECT_EQ(ToTime(hours.rows(0).begin()), early);
  const QueryUsageResponse days = Query({admin::v1::BY_DAY});
  ASSERT_EQ(days.rows_size(), 3);
  EXPECT_EQ(ToTime(days.rows(0).begin()), kUsageTime - absl::Hours(48));
  EXPECT_EQ(ToTime(days.rows(1).begin()), kUsageTime - absl::Hours(24));
  EXPECT_EQ(days.rows(2).sums().requests(), 2);
}

TEST_F(UsageQueryTest, SumsCountWholeHours) {
  const absl::Time hour = kUsageTime - absl::Hours(3);
  for (const int minutes : {0, 59, 60, 119, 120}) {
    Put("n1", {UsageOf("", hour + absl::Minutes(minutes))});
  }
  const auto count = [&](absl::Time since, absl::Time until) {
    return Query({}, {since, until, {}, {}, {}, {}}).total().requests();
  };
  EXPECT_EQ(count(hour, hour + absl::Hours(1)), 2);
  EXPECT_EQ(count(hour + absl::Minutes(30), hour + absl::Hours(1)), 2) << "from its begin";
  EXPECT_EQ(count(hour, hour + absl::Hours(1) + absl::Milliseconds(1)), 4) << "it has begun";
  EXPECT_EQ(count(hour, hour + absl::Minutes(119)), 4);
  EXPECT_EQ(count(hour + absl::Hours(1), absl::InfiniteFuture()), 3);
  EXPECT_EQ(count(absl::InfinitePast(), hour), 0);
}

TEST_F(UsageQueryTest, OfEachListOneMustFit) {
  Put("n1", {UsageOf("client_key_id: 'a' provider: 'p' model: 'x'"),
             UsageOf("client_key_id: 'b' provider: 'p' model: 'y'")});
  Put("n2", {UsageOf("client_key_id: 'c' provider: 'q' model: 'x'")});
  UsageSelection selection;
  selection.client_keys = {"a", "b"};
  EXPECT_EQ(Query({}, selection).total().requests(), 2);
  selection.models = {"x", "z"};
  EXPECT_EQ(Query({}, selection).total().requests(), 1);
  EXPECT_EQ(store_->List(selection, 0, 9)->records_size(), 1);
  selection.providers = {"q"};
  EXPECT_EQ(Query({}, selection).total().requests(), 0);
  selection = {};
  selection.nodes = {"n1' OR 1=1 --"};
  EXPECT_EQ(Query({}, selection).total().requests(), 0);
  selection.nodes = {"n2"};
  EXPECT_EQ(Query({}, selection).total().requests(), 1);
}

TEST_F(UsageQueryTest, RecordsComeBackAsTheyCameNewestFirst) {
  const UsageRecord record = UsageOf(
      "requests: 1 client_key_id: 'k' provider: 'p' provider_key_id: 'pk' model: 'm' "
      "status: 502 side: UPSTREAM quality: ESTIMATED input_tokens: 1 output_tokens: 2 "
      "cached_tokens: 3 cache_write_tokens: 4 reasoning_tokens: 5 cost_nanos: 0 "
      "bytes_up: 7 bytes_down: 8 duration_us: 9 request_id: 'r'",
      kUsageTime - absl::Microseconds(1));
  Put("n1", {record, UsageOf("request_id: 'second'"), UsageOf("request_id: 'third'")});
  const auto listed = store_->List({}, 0, 2);
  ASSERT_EQ(listed->records_size(), 2);
  EXPECT_EQ(listed->records(0).record().request_id(), "third");
  EXPECT_EQ(listed->records(1).record().request_id(), "second");
  EXPECT_FALSE(listed->records(1).record().has_cost_nanos());
  const auto older = store_->List({}, listed->records(1).id(), 2);
  ASSERT_EQ(older->records_size(), 1);
  EXPECT_EQ(older->records(0).node(), "n1");
  EXPECT_EQ(older->records(0).record().ShortDebugString(), record.ShortDebugString());
  // To the microsecond, unlike sums.
  UsageSelection selection;
  selection.since = kUsageTime;
  EXPECT_EQ(store_->List(selection, 0, 9)->records_size(), 2);
  selection = {};
  selection.until = kUsageTime;
  EXPECT_EQ(store_->List(selection, 0, 9)->records_size(), 1);
}

TEST_F(UsageQueryTest, AtMostTenThousandRowsAndTheTotalOfAll) {
  // Of many hours: each has its own two thousand groups.
  for (int hour = 0; hour < 6; ++hour) {
    for (int part = 0; part < 4; ++part) {
      std::vector<UsageRecord> records;
      for (int i = 0; i < 500; ++i) {
        records.push_back(UsageOf("input_tokens: 1", kUsageTime - absl::Hours(hour)));
        records.back().set_model("m" + std::to_string(part * 500 + i));
      }
      Put("n1", records);
    }
  }
  const QueryUsageResponse all = Query({admin::v1::BY_HOUR, admin::v1::BY_MODEL});
  EXPECT_EQ(all.rows_size(), kMostUsageRows);
  EXPECT_TRUE(all.truncated());
  EXPECT_EQ(all.total().requests(), 12'000);
  EXPECT_EQ(folded_, 0);
  EXPECT_FALSE(Query({admin::v1::BY_MODEL}).truncated());
}

TEST_F(UsageQueryTest, RandomNamesOfModelsEndInOneGroup) {
  constexpr int kNames = 3000;
  int64_t next = 0;
  for (int part = 0; part < kNames / 500; ++part) {
    std::vector<UsageRecord> records;
    for (int i = 0; i < 500; ++i) {
      records.push_back(UsageOf("client_key_id: 'k' provider: 'p' input_tokens: 2"));
      records.back().set_model("random-" + std::to_string(next++));
    }
    Put("n1", records);
  }
  const QueryUsageResponse by_model = Query({admin::v1::BY_MODEL});
  EXPECT_EQ(by_model.rows_size(), UsageHours::kMostGroups + 1);
  EXPECT_EQ(by_model.rows(0).model(), "_others");
  EXPECT_EQ(by_model.rows(0).sums().requests(), kNames - UsageHours::kMostGroups);
  EXPECT_EQ(by_model.total().input_tokens(), 2 * kNames);
  EXPECT_EQ(folded_, kNames - UsageHours::kMostGroups);
  // A group that is there goes on; another key's new one keeps its key.
  Put("n1", {UsageOf("client_key_id: 'k' provider: 'p' model: 'random-0'"),
             UsageOf("client_key_id: 'other' provider: 'p' model: 'new'")});
  EXPECT_EQ(folded_, kNames - UsageHours::kMostGroups + 1);
  EXPECT_THAT(Rows(admin::v1::BY_CLIENT_KEY),
              ElementsAre("k " + std::to_string(kNames + 1), "other 1"));
  // Neither another node nor another hour suffers for it.
  Put("n2", {UsageOf("model: 'new'")});
  Put("n1", {UsageOf("model: 'new'", kUsageTime - absl::Hours(1))});
  EXPECT_EQ(folded_, kNames - UsageHours::kMostGroups + 1);
}

TEST_F(UsageQueryTest, RandomKeysAndProvidersEndInOneGroupToo) {
  int next = 0;
  for (int part = 0; part < 20; ++part) {
    std::vector<UsageRecord> records;
    for (int i = 0; i < 500; ++i) {
      records.push_back(UsageOf(""));
      const std::string name = std::to_string(next++);
      records.back().set_model("m" + name);
      records.back().set_client_key_id("i:" + name);
      records.back().set_provider("p" + name);
    }
    Put("n1", records);
  }
  const QueryUsageResponse rows =
      Query({admin::v1::BY_CLIENT_KEY, admin::v1::BY_PROVIDER, admin::v1::BY_MODEL});
  EXPECT_LE(rows.rows_size(), 3 * UsageHours::kMostGroups + 1);
  EXPECT_EQ(rows.total().requests(), 10'000);
}

TEST_F(UsageQueryTest, SumsStayAtTheLargestNumberRatherThanFail) {
  UsageRecord huge = UsageOf("");
  huge.set_input_tokens(kMostUsageCount);
  huge.set_output_tokens(kMostUsageCount);
  for (int i = 0; i < 4; ++i) {
    Put("n" + std::to_string(i), std::vector<UsageRecord>(500, huge));
    Put("n" + std::to_string(i), std::vector<UsageRecord>(500, huge));
    Put("n" + std::to_string(i), std::vector<UsageRecord>(500, huge));
  }
  const QueryUsageResponse by_node = Query({admin::v1::BY_NODE});
  ASSERT_EQ(by_node.rows_size(), 4);
  EXPECT_EQ(by_node.rows(0).sums().input_tokens(), kMostUsageSum);
  EXPECT_EQ(by_node.total().output_tokens(), kMostUsageSum);
  EXPECT_EQ(by_node.total().requests(), 6000);
}

}  // namespace
}  // namespace sluice::store
