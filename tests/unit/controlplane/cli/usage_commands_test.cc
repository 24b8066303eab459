#include <gmock/gmock.h>

#include "absl/strings/str_split.h"
#include "controlplane/cli/csv.h"
#include "controlplane/cli/time_input.h"
#include "controlplane/cli/usage_text.h"
#include "tests/unit/controlplane/cli/command_fixture.h"

namespace sluice::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using admin::v1::ListUsageRecordsRequest;
using admin::v1::ListUsageRecordsResponse;
using admin::v1::QueryUsageRequest;
using admin::v1::QueryUsageResponse;

class UsageCommandsTest : public CommandTest {
 protected:
  // Two rows; of the second no cost is known, of the first not all.
  void AnswerWithCosts() {
    Answer<QueryUsageResponse>(
        "rows { client_key_id: 'k1' client_key_name: 'web' model: 'gpt-5' sums { requests: 1200 "
        "failed: 3 input_tokens: 123456789 output_tokens: 4567 cost_nanos: 1234560000 "
        "unpriced_requests: 2 } } "
        "rows { client_key_id: 'gone' model: 'a,\"b' sums { requests: 1 input_tokens: 5 "
        "unpriced_requests: 1 } } "
        "total { requests: 1201 failed: 3 input_tokens: 123456794 output_tokens: 4567 cost_nanos: "
        "1234560000 unpriced_requests: 3 }");
  }
};

TEST_F(UsageCommandsTest, SumsAreShownAtTheRightAndWhatIsNotKnownIsNotNothing) {
  AnswerWithCosts();
  const Result result = Run({"usage", "--by", "key,model"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out,
            "CLIENT KEY  MODEL  REQUESTS  FAILED      INPUT  OUTPUT      COST\n"
            "web         gpt-5      1200       3  123456789    4567  $1.2346?\n"
            "gone        a,\"b          1       0          5       0   unknown\n"
            "TOTAL                  1201       3  123456794    4567  $1.2346?\n"
            "\n"
            "The cost of 3 of 1201 requests is not known: where \"?\" stands it is more.\n");
  const std::vector<std::string> lines = absl::StrSplit(result.out, '\n');
  for (const std::string& line : lines) EXPECT_LE(line.size(), 80u) << line;
  EXPECT_EQ(Asked<QueryUsageRequest>(), "filter { } by: BY_CLIENT_KEY by: BY_MODEL");
}

TEST_F(UsageCommandsTest, CostsInDollars) {
  const auto cost = [](const std::string& sums) {
    return CostText(Proto<admin::v1::UsageSums>(sums));
  };
  EXPECT_EQ(cost("input_tokens: 1 cost_nanos: 1234500000"), "$1.2345");
  EXPECT_EQ(cost("input_tokens: 1 cost_nanos: 12000000000 unpriced_requests: 1"), "$12.0000?");
  EXPECT_EQ(cost("input_tokens: 1 cost_nanos: 100"), "<$0.0001") << "never nothing";
  EXPECT_EQ(cost("input_tokens: 1 unpriced_requests: 1"), "unknown");
  EXPECT_EQ(cost("input_tokens: 1"), "$0.0000") << "told so";
  EXPECT_EQ(cost("requests: 4"), "-");
}

TEST_F(UsageCommandsTest, OneSumHasNoTotal) {
  Answer<QueryUsageResponse>(
      "rows { sums { requests: 2 input_tokens: 7 cost_nanos: 500000000 } } "
      "total { requests: 2 input_tokens: 7 cost_nanos: 500000000 }");
  EXPECT_EQ(Run({"usage"}).out,
            "REQUESTS  FAILED  INPUT  OUTPUT     COST\n"
            "       2       0      7       0  $0.5000\n");
}

TEST_F(UsageCommandsTest, NothingIsSaidToBeNothing) {
  const Result sums = Run({"usage", "--by", "model"});
  EXPECT_EQ(sums.exit_code, 0);
  EXPECT_EQ(sums.out, "MODEL  REQUESTS  FAILED  INPUT  OUTPUT  COST\n");
  EXPECT_EQ(sums.err, "nothing was used in that time\n");
  EXPECT_EQ(Run({"usage", "records"}).err, "no record of that time is kept\n");
  EXPECT_THAT(Run({"usage", "-o", "json"}).err, IsEmpty());
}

TEST_F(UsageCommandsTest, EveryFilterGoesOut) {
  const Result result =
      Run({"usage", "--since", "24h", "--until", "2026-01-31T11:30:00.5+01:00", "--key", "web",
           "--key", "corp:a,b", "--provider", "openai", "--model", "gpt-5", "--node", "n1"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(Asked<QueryUsageRequest>(),
            "filter { since { seconds: 1769774400 } until { seconds: 1769855400 nanos: 500000000 } "
            "client_keys: \"web\" client_keys: \"corp:a,b\" providers: \"openai\" models: "
            "\"gpt-5\" nodes: \"n1\" }");
  EXPECT_EQ(Run({"usage", "--since", "2026-01-01", "--by", "day,quality"}).exit_code, 0);
  EXPECT_EQ(Asked<QueryUsageRequest>(),
            "filter { since { seconds: 1767225600 } } by: BY_DAY by: BY_QUALITY");
}

TEST_F(UsageCommandsTest, TimesAndDimensionsAreChecked) {
  const auto refused = [this](const std::vector<std::string>& arguments) {
    const Result result = Run(arguments);
    EXPECT_EQ(result.exit_code, 2) << result.out;
    EXPECT_THAT(result.out, IsEmpty());
    return result.err;
  };
  EXPECT_THAT(refused({"usage", "--since", "yesterday"}),
              AllOf(HasSubstr("--since"), HasSubstr("\"yesterday\" is no time")));
  EXPECT_THAT(refused({"usage", "--until", "2026-13-01"}), HasSubstr("is no time"));
  EXPECT_THAT(refused({"usage", "--until", "1969-01-01"}), HasSubstr("is no time"));
  EXPECT_THAT(refused({"usage", "--by", "colour"}),
              HasSubstr("there is no \"colour\"; there are key, provider, model, node, hour, day"));
  EXPECT_THAT(refused({"usage", "--by", "key,key"}), HasSubstr("\"key\" is given twice"));
  EXPECT_THAT(refused({"usage", "--by", "hour,day"}), HasSubstr("exclude each other"));
  EXPECT_THAT(refused({"usage", "frobnicate"}), HasSubstr("takes no further argument"));
  EXPECT_THAT(refused({"usage", "records", "--by", "key"}), HasSubstr("--by is for sums"));
  EXPECT_THAT(refused({"usage", "records", "--limit", "0"}), HasSubstr("from 1 to 1000"));
  EXPECT_EQ(requests(), 0u);
}

TEST_F(UsageCommandsTest, CsvIsForSpreadsheets) {
  AnswerWithCosts();
  const Result result = Run({"usage", "--by", "key,model", "-o", "csv"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out,
            "client_key_id,client_key_name,model,requests,failed,input_tokens,output_tokens,"
            "cached_tokens,cache_write_tokens,reasoning_tokens,cost_usd,unpriced_requests,bytes_up,"
            "bytes_down\r\n"
            "k1,web,gpt-5,1200,3,123456789,4567,0,0,0,1.234560000,2,0,0\r\n"
            "gone,,\"a,\"\"b\",1,0,5,0,0,0,0,,1,0,0\r\n");
  EXPECT_EQ(Run({"-o", "csv", "usage"}).out.substr(0, 15), "requests,failed");
  EXPECT_EQ(CsvLine({"plain", "line\nend", ""}), "plain,\"line\nend\",\r\n");
}

TEST_F(UsageCommandsTest, TimesOfRowsAreRfc3339) {
  Answer<QueryUsageResponse>("rows { begin { seconds: 1769817600 } sums { requests: 1 } }");
  EXPECT_THAT(Run({"usage", "--by", "hour"}).out, HasSubstr("2026-01-31T00:00:00Z"));
  EXPECT_THAT(Run({"usage", "--by", "day"}).out,
              AllOf(HasSubstr("2026-01-31"), Not(HasSubstr("T00:00"))));
  EXPECT_THAT(Run({"usage", "--by", "day", "-o", "csv"}).out,
              HasSubstr("\r\n2026-01-31T00:00:00Z,1,"));
}

TEST_F(UsageCommandsTest, JsonAndYamlHaveTheAnswerAsItIs) {
  AnswerWithCosts();
  EXPECT_THAT(Run({"usage", "-o", "json"}).out, HasSubstr("\"input_tokens\": 123456789"));
  EXPECT_THAT(Run({"usage", "-o", "yaml"}).out, HasSubstr("unpriced_requests: 3"));
}

TEST_F(UsageCommandsTest, SaysThatRowsWereLeftOut) {
  Answer<QueryUsageResponse>("rows { model: 'm' sums { requests: 1 } } truncated: true");
  EXPECT_THAT(Run({"usage", "--by", "model"}).err, HasSubstr("there are more than these 1 rows"));
}

TEST_F(UsageCommandsTest, RecordsAreListed) {
  Answer<ListUsageRecordsResponse>(
      "records { id: 7 node: 'n1' client_key_name: 'web' record { ended_at { seconds: 1769860800 "
      "nanos: 250000000 } requests: 1 client_key_id: 'k1' provider: 'openai' provider_key_id: 'p1' "
      "model: 'gpt-5' status: 200 side: NONE quality: COMPLETE input_tokens: 12 output_tokens: 345 "
      "cost_nanos: 2000000 duration_us: 99 request_id: 'r7' } } "
      "records { id: 6 node: 'n1' record { ended_at { seconds: 1769860799 } requests: 1 "
      "client_key_id: 'gone' provider: 'openai' status: 502 side: UPSTREAM quality: PARTIAL "
      "input_tokens: 1 } }");
  const Result result = Run({"usage", "records", "--limit", "5", "--since", "1h", "--before", "9"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out,
            "ID  ENDED                 CLIENT KEY  PROVIDER  MODEL  STATUS        QUALITY   INPUT  "
            "OUTPUT "
            "    COST\n"
            "7   2026-01-31T12:00:00Z  web         openai    gpt-5  200           complete     12  "
            "   345 "
            " $0.0020\n"
            "6   2026-01-31T11:59:59Z  gone        openai    -      502 upstream  partial       1  "
            "     0 "
            " unknown\n");
  EXPECT_EQ(Asked<ListUsageRecordsRequest>(),
            "filter { since { seconds: 1769857200 } } limit: 5 before_id: 9");
  const std::string csv = Run({"usage", "records", "-o", "csv"}).out;
  EXPECT_THAT(csv, HasSubstr("\r\n7,2026-01-31T12:00:00.250000Z,n1,1,k1,web,openai,p1,gpt-5,200,,"
                             "complete,12,345,0,0,0,0.002000000,0,0,99,r7\r\n"));
  EXPECT_THAT(csv, HasSubstr("\r\n6,2026-01-31T11:59:59.000000Z,n1,1,gone,,openai,,,502,upstream,"
                             "partial,1,0,0,0,0,,0,0,0,\r\n"));
}

TEST_F(UsageCommandsTest, FiltersBeforeTheWordRecordsCountToo) {
  EXPECT_EQ(Run({"usage", "--key", "web", "records", "--limit", "1"}).exit_code, 0);
  EXPECT_EQ(Asked<ListUsageRecordsRequest>(), "filter { client_keys: \"web\" } limit: 1");
  EXPECT_EQ(Asked<QueryUsageRequest>(), "") << "one of the two";
}

TEST(TimeInputTest, HowLongAgoADateOrATime) {
  const absl::Time now = absl::FromUnixSeconds(1769860800);
  EXPECT_EQ(*ParseTimeInput("90m", now), now - absl::Minutes(90));
  EXPECT_EQ(*ParseTimeInput("30d", now), now - absl::Hours(720));
  EXPECT_EQ(*ParseTimeInput("2026-01-31", now), now - absl::Hours(12));
  EXPECT_EQ(*ParseTimeInput("2026-01-31T12:00:00Z", now), now);
  EXPECT_EQ(*ParseTimeInput("2026-01-31T14:00:00+02:00", now), now);
  for (const char* wrong : {"", "2026", "2026-01-31T12:00:00", "12:00", "-1h", "2026-02-30"}) {
    EXPECT_FALSE(ParseTimeInput(wrong, now).ok()) << wrong;
  }
}

}  // namespace
}  // namespace sluice::cli
