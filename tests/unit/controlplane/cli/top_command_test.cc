#include <gmock/gmock.h>

#include "absl/strings/str_split.h"
#include "controlplane/cli/top_view.h"
#include "tests/unit/controlplane/cli/command_fixture.h"

namespace sluice::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

using admin::v1::GetActivityRequest;
using admin::v1::GetActivityResponse;
using admin::v1::ListNodesResponse;
using admin::v1::ListProviderKeysResponse;

class TopCommandTest : public CommandTest {
 protected:
  void AnswerAll() {
    Answer<GetActivityResponse>(
        "until { seconds: 1769860800 } seconds: 60 "
        "total { requests: 7200 failed: 36 failed_upstream: 30 refused: 6 tokens: 1200000 "
        "cost_nanos: 1000000000 unpriced_requests: 1 } "
        "nodes { name: 'n1' requests: 6000 failed: 36 duration_p50_us: 12000 "
        "duration_p95_us: 1230000 } "
        "nodes { name: 'n2' requests: 1200 duration_p50_us: 800 duration_p95_us: 2000000 } "
        "providers { name: 'openai' requests: 7200 failed: 36 failed_upstream: 30 tokens: 1200000 "
        "cost_nanos: 1000000000 first_byte_p50_us: 250000 first_byte_p95_us: 12000000 } "
        "client_keys { name: 'k1' client_key_name: 'web' requests: 5000 failed: 1 tokens: 600 "
        "unpriced_requests: 3 } "
        "client_keys { name: 'corp:0a1b' requests: 2200 failed: 35 tokens: 6000 "
        "cost_nanos: 1000000 }");
    Answer<ListNodesResponse>(
        "revision: 41 "
        "nodes { id: 'n1' connected: true acked_revision: 41 } "
        "nodes { id: 'n2' connected: true draining: true acked_revision: 38 } "
        "nodes { id: 'n3' acked_revision: 40 } "
        "nodes { id: 'n4' expelled_at { seconds: 1 } }");
    Answer<ListProviderKeysResponse>(
        "provider_keys { id: 'p1' provider: 'openai' } "
        "provider_keys { id: 'p2' provider: 'openai' enabled: true } "
        "provider_keys { id: 'p3' provider: 'openai' enabled: false } "
        "provider_keys { id: 'p4' provider: 'quiet' } "
        "health { key: 'p2' value { state: 'cooling' } } "
        "health { key: 'p1' value { state: 'healthy' } }");
  }
  static std::vector<std::string> FirstWords(const std::string& text) {
    std::vector<std::string> words;
    for (const std::string& line :
         std::vector<std::string>(absl::StrSplit(text, '\n', absl::SkipEmpty()))) {
      words.push_back(line.substr(0, line.find(' ')));
    }
    return words;
  }
};

TEST_F(TopCommandTest, OnceShowsTheFleetAtAGlance) {
  AnswerAll();
  const Result result = Run({"top", "--once"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out,
            "2026-01-31T12:00:00Z  revision 41  2 nodes connected, 1 behind  last 60 s\n"
            "120 req/s  0.5% failed  20.0k tokens/s  $60.00? an hour\n"
            "\n"
            "NODE  STATE      REVISION  REQ/S  FAILED    P50    P95\n"
            "n1    connected        41    100    0.6%   12ms  1.23s\n"
            "n2    draining   3 behind   20.0    0.0%  0.8ms  2.00s\n"
            "n3    gone       1 behind    0.0       -      -      -\n"
            "\n"
            "PROVIDER  REQ/S  FAILED  UPSTR  1ST P50  P95  TOK/S  COST/H  KEYS\n"
            "openai      120    0.5%   0.4%    250ms  12s  20.0k  $60.00   1/3\n"
            "quiet       0.0       -      -        -    -    0.0       -   1/1\n"
            "\n"
            "CLIENT KEY  REQ/S  FAILED  TOK/S  COST/H\n"
            "web          83.3   <0.1%   10.0       ?\n"
            "corp:0a1b    36.7    1.6%    100   $0.06\n");
  EXPECT_EQ(Asked<GetActivityRequest>(), "seconds: 60");
}

TEST_F(TopCommandTest, SomethingElseMayComeFirst) {
  AnswerAll();
  const auto words = [this](const std::string& sort) {
    return FirstWords(Run({"top", "--once", "--sort", sort}).out);
  };
  EXPECT_THAT(words("requests"),
              ElementsAre(StartsWith("2026"), "120", "NODE", "n1", "n2", "n3", "PROVIDER", "openai",
                          "quiet", "CLIENT", "web", "corp:0a1b"));
  EXPECT_THAT(words("latency"),
              ElementsAre(StartsWith("2026"), "120", "NODE", "n2", "n1", "n3", "PROVIDER", "openai",
                          "quiet", "CLIENT", "web", "corp:0a1b"));
  EXPECT_EQ(words("failed").back(), "web");
  EXPECT_EQ(words("cost").back(), "web");
  EXPECT_EQ(Run({"top", "--once", "--sort", "name"}).exit_code, 2);
}

TEST_F(TopCommandTest, AProviderIsAsSlowAsItsFirstByteAndNotAsItsStreamsAreLong) {
  Answer<GetActivityResponse>(
      "seconds: 60 "
      "providers { name: 'streams' requests: 9 first_byte_p95_us: 10 duration_p95_us: 900000 } "
      "providers { name: 'slow' requests: 1 first_byte_p95_us: 70000 duration_p95_us: 80000 }");
  Answer<ListNodesResponse>("revision: 1");
  Answer<ListProviderKeysResponse>("");
  const Result result = Run({"top", "--once", "--sort", "latency"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_LT(result.out.find("\nslow "), result.out.find("\nstreams ")) << result.out;
}

TEST_F(TopCommandTest, JsonIsOneObjectWithNamesThatStay) {
  AnswerAll();
  const Result result = Run({"top", "--once", "--seconds", "300", "-o", "json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(Asked<GetActivityRequest>(), "seconds: 300");
  const auto top = nlohmann::json::parse(result.out, nullptr, false);
  ASSERT_TRUE(top.is_object()) << result.out;
  EXPECT_EQ(top.value("time", ""), "2026-01-31T12:00:00Z");
  EXPECT_EQ(top.value("seconds", 0), 60) << "as the control plane says";
  EXPECT_EQ(top.value("revision", 0), 41);
  EXPECT_EQ(top.value("nodes_connected", 0), 2);
  EXPECT_EQ(top.value("nodes_behind", 0), 1);
  EXPECT_DOUBLE_EQ(top["total"].value("requests_per_second", 0.0), 120.0);
  EXPECT_DOUBLE_EQ(top["total"].value("failed_percent", 0.0), 0.5);
  EXPECT_DOUBLE_EQ(top["total"].value("cost_usd_per_hour", 0.0), 60.0);
  EXPECT_EQ(top["total"].value("unpriced_requests", 0), 1);
  ASSERT_EQ(top["nodes"].size(), 3u);
  EXPECT_EQ(top["nodes"][1].value("node", ""), "n2");
  EXPECT_EQ(top["nodes"][1].value("state", ""), "draining");
  EXPECT_EQ(top["nodes"][1].value("behind", 0), 3);
  EXPECT_EQ(top["nodes"][0].value("duration_p95_us", 0), 1'230'000);
  EXPECT_EQ(top["providers"][0].value("provider", ""), "openai");
  EXPECT_EQ(top["providers"][0].value("keys", 0), 3);
  EXPECT_EQ(top["providers"][0].value("keys_healthy", 0), 1);
  EXPECT_EQ(top["client_keys"][0].value("client_key_id", ""), "k1");
  EXPECT_EQ(top["client_keys"][0].value("client_key_name", ""), "web");
  for (const char* name :
       {"requests", "requests_per_second", "failed", "failed_percent", "failed_upstream", "refused",
        "tokens", "tokens_per_second", "cost_usd", "cost_usd_per_hour", "unpriced_requests",
        "bytes_down", "first_byte_p50_us", "first_byte_p95_us", "duration_p50_us",
        "duration_p95_us"}) {
    EXPECT_TRUE(top["total"].contains(name)) << name;
    EXPECT_TRUE(top["client_keys"][1].contains(name)) << name;
  }
}

TEST_F(TopCommandTest, WithoutATerminalItIsOnce) {
  AnswerAll();
  const Result result = Run({"top"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, AllOf(StartsWith("2026"), Not(HasSubstr("\x1b"))));
}

TEST_F(TopCommandTest, ATerminalIsDrawnAgainAndLeftAsItWas) {
  AnswerAll();
  out_is_tty_ = true;
  pauses_ = 1;
  const Result result = Run({"top"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const std::vector<std::string> screens = absl::StrSplit(result.out, "\x1b[H\x1b[2J");
  ASSERT_EQ(screens.size(), 3u) << "two screens, and what comes before";
  EXPECT_THAT(screens[2], HasSubstr("revision 41"));
  EXPECT_TRUE(result.out.ends_with("\x1b[?25h")) << "the cursor is there again";
  EXPECT_EQ(requests(), 6u);
}

TEST_F(TopCommandTest, AFailureIsSaidAndTheTerminalPutBack) {
  Fail(FailureCode::kInternal, "broken");
  out_is_tty_ = true;
  const Result result = Run({"top"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("broken"));
  EXPECT_TRUE(result.out.ends_with("\x1b[?25h"));
}

TEST_F(TopCommandTest, OtherTimesAreRefusedBeforeACall) {
  EXPECT_EQ(Run({"top", "--seconds", "0"}).exit_code, 2);
  EXPECT_EQ(Run({"top", "--seconds", "301"}).exit_code, 2);
  EXPECT_EQ(requests(), 0u);
}

TEST_F(TopCommandTest, NothingIsNothing) {
  const Result result = Run({"top", "--once"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("0.0 req/s  - failed  0.0 tokens/s  - an hour\n"));
  EXPECT_THAT(result.err, IsEmpty());
}

// Many of everything, with long names: what a terminal of 80 columns and some lines shows.
TEST(TopTextTest, FitsTheTerminal) {
  GetActivityResponse activity;
  activity.set_seconds(60);
  for (int i = 0; i < 30; ++i) {
    const auto fill = [i](const char* name, admin::v1::Activity* one) {
      one->set_name(std::string(40, 'x') + name + std::to_string(i));
      one->set_requests(987'654'321);
      one->set_failed(987'654'320);
      one->set_failed_upstream(123'456'789);
      one->set_tokens(999'999'999'999);
      one->set_cost_nanos(1'234'567'890'123);
      one->set_unpriced_requests(1);
      one->set_first_byte_p50_us(599'000);
      one->set_first_byte_p95_us(9'999'000);
      one->set_duration_p50_us(9'999);
      one->set_duration_p95_us(9'999'000);
    };
    fill("node", activity.add_nodes());
    fill("provider", activity.add_providers());
    if (i < 2) fill("key", activity.add_client_keys());
  }
  const TopView view = MakeTopView(activity, {}, {}, TopSort::kRequests);
  for (const int height : {10, 24, 40}) {
    const std::string text = TopText(view, height);
    const std::vector<std::string> lines = absl::StrSplit(text, '\n');
    EXPECT_LE(static_cast<int>(lines.size()), height) << "with the cursor's line";
    for (const std::string& line : lines) EXPECT_LE(line.size(), 80u) << line;
  }
  const std::string text = TopText(view, 24);
  EXPECT_THAT(text, AllOf(HasSubstr("NODE (7 of 30)"), HasSubstr("PROVIDER (6 of 30)")));
  EXPECT_THAT(text, HasSubstr("CLIENT KEY  "));
  EXPECT_THAT(text, HasSubstr("?  0/0\n")) << "nothing is cut off";
}

}  // namespace
}  // namespace sluice::cli
