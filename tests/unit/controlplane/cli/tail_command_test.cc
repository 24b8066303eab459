#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include "absl/strings/str_split.h"
#include "controlplane/cli/tail_text.h"
#include "tests/unit/controlplane/cli/command_fixture.h"

namespace sluice::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

using admin::v1::TailRequest;
using admin::v1::TailResponse;

constexpr char kLine[] =
    R"({"time":"2026-01-31T12:00:01.250000Z","node":"n1","client_key":"k3v5q2mdxa",)"
    R"("provider":"openai","method":"POST","path":"/p/openai/v1/chat/completions","status":200,)"
    R"("tries":1,"first_byte_us":250499,"total_us":1234567,"input_tokens":12,"output_tokens":345})";
constexpr char kFailedLine[] =
    R"({"time":"2026-01-31T12:00:02.000000Z","node":"a-node-with-a-long-name","provider":"groq",)"
    R"("method":"GET","path":"/p/groq/models","status":502,"side":"upstream","total_us":800})";

TailResponse LinesOf(const std::vector<std::string>& lines, int64_t left_out = 0) {
  TailResponse response;
  for (const std::string& line : lines) response.add_lines(line);
  response.set_left_out(left_out);
  return response;
}

class TailCommandTest : public CommandTest {
 protected:
  // The first message is empty: the watch has begun.
  void Begin(const std::vector<TailResponse>& then, std::function<void()> after = {},
             bool hold = false) {
    std::vector<TailResponse> all = {TailResponse()};
    all.insert(all.end(), then.begin(), then.end());
    Stream(all, std::move(after), hold);
  }
};

TEST_F(TailCommandTest, ALineForEachRequestUntilTheLimit) {
  Begin({LinesOf({kLine}), LinesOf({kFailedLine, kLine, kLine})}, {}, true);
  const Result result = Run({"tail", "--limit", "2"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out,
            "TIME     NODE     KEY        PROVIDER REQUEST               "
            "   ST     MS 1ST MS    IN/OUT\n"
            "12:00:01 n1       k3v5q2mdxa openai   POST ~/chat/completion"
            "s 200   1235    250    12/345\n"
            "12:00:02 a-node-~ -          groq     GET models            "
            "  502    0.8      -         - upstream\n");
  const std::vector<std::string> lines = absl::StrSplit(result.out, '\n');
  for (const std::string& line : lines) EXPECT_LE(line.size(), 100u) << line;
  EXPECT_THAT(result.err, IsEmpty());
}

TEST_F(TailCommandTest, JsonIsALineForEachAsItCame) {
  Begin({LinesOf({kLine, kFailedLine})}, {}, true);
  const Result result = Run({"tail", "--limit", "2", "-o", "json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, std::string(kLine) + "\n" + kFailedLine + "\n");
}

TEST_F(TailCommandTest, EveryFilterGoesOut) {
  Begin({LinesOf({kLine})}, {}, true);
  EXPECT_EQ(Run({"tail", "--limit", "1", "--key", "web", "--provider", "openai", "--node", "n1",
                 "--status", "5xx", "--failed", "--rate", "200"})
                .exit_code,
            0);
  EXPECT_EQ(Asked<TailRequest>(),
            "client_key: \"web\" provider: \"openai\" status: 5 failed_only: true node: \"n1\" "
            "lines_per_second: 200");
  EXPECT_EQ(Run({"tail", "--limit", "1", "--status", "429"}).exit_code, 0);
  EXPECT_EQ(Asked<TailRequest>(), "status: 429");
}

TEST_F(TailCommandTest, WhatIsNoStatusOrNumberIsRefusedBeforeACall) {
  for (const char* status : {"6xx", "0", "5", "99", "600", "5x", "x", "0xx", "44xx"}) {
    const Result result = Run({"tail", "--status", status});
    EXPECT_EQ(result.exit_code, 2) << status;
    EXPECT_THAT(result.err, HasSubstr("--status")) << status;
  }
  EXPECT_EQ(Run({"tail", "--rate", "1001"}).exit_code, 2);
  EXPECT_EQ(Run({"tail", "--limit", "0"}).exit_code, 2);
  EXPECT_THAT(Run({"tail", "-o", "yaml"}).err, HasSubstr("-o yaml is not for sluicectl tail"));
  EXPECT_EQ(Run({"tail", "-o", "csv"}).exit_code, 2);
  EXPECT_EQ(requests(), 0u);
}

TEST_F(TailCommandTest, WhatWasLeftOutIsSaidBeside) {
  Begin({LinesOf({kLine}, 1), LinesOf({}, 12), LinesOf({kLine}, 30)}, {}, true);
  const Result result = Run({"tail", "--limit", "2", "-o", "json"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "(1 request left out)\n(42 requests left out)\n")
      << "at most once a second, and the rest at the end";
}

TEST_F(TailCommandTest, CtrlCIsAProperEnd) {
  Begin(
      {LinesOf({kLine})}, [] { kill(getpid(), SIGINT); }, true);
  const Result result = Run({"tail"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, IsEmpty());
}

TEST_F(TailCommandTest, AControlPlaneThatEndsItIsAFailure) {
  Begin({LinesOf({kLine})});
  const Result result = Run({"tail"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("12:00:01"));
  EXPECT_THAT(result.err, AllOf(HasSubstr(address()), HasSubstr("ended the tail")));
}

TEST_F(TailCommandTest, ARefusalIsPassedOnWithoutAHeader) {
  Fail(FailureCode::kResourceExhausted, "16 others watch requests already");
  const Result result = Run({"tail"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_THAT(result.err, HasSubstr("16 others watch requests already"));
}

TEST(TailTextTest, WhatCameFromElsewhereCannotSteerTheTerminal) {
  EXPECT_EQ(TailLineText("no \x1b[2J json"), "no ?[2J json\n");
  const std::string line = TailLineText(R"({"node":"\u001b[2J","path":"/\u0007","status":200})");
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  EXPECT_EQ(line.find('\x07'), std::string::npos);
}

TEST(TailTextTest, WhatIsNotKnownIsADash) {
  EXPECT_THAT(TailLineText("{}"), StartsWith("-        -        -          -        -"));
  EXPECT_THAT(TailLineText(R"({"status":"x","total_us":null,"time":7})"), HasSubstr(" - "));
}

TEST(TailTextTest, TextIsCutAtWholeCharacters) {
  std::string path = "/p/x/";
  for (int i = 0; i < 40; ++i) path += "\xC3\xA4";
  const std::string line = TailLineText(R"({"method":"GET","path":")" + path + "\"}");
  EXPECT_THAT(line, HasSubstr("GET ~\xC3\xA4"));
}

}  // namespace
}  // namespace sluice::cli
