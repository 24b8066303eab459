// What an operator sees live: sluicectl tail and top beside real requests through real data planes.
#include <gmock/gmock.h>
#include <signal.h>

#include <set>

#include "absl/strings/str_split.h"
#include "tests/integration/stack_test.h"
#include "tests/support/deadline.h"
#include "tests/support/stack/metrics_page.h"
#include "tests/support/stack/programs.h"

namespace sluice::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr char kChat[] = "/p/demo/chat/completions?emu.prompt_tokens=7&emu.completion_tokens=5";
constexpr char kBody[] = R"({"model":"gpt-5","messages":[]})";

// A sluicectl that runs beside the test.
class RunningTail {
 public:
  RunningTail(Stack& stack, const TempFolder& folder, const std::string& name,
              std::vector<std::string> args) {
    ProcessOptions options;
    options.program = SluicectlProgram();
    options.args = {"tail",
                    "-o",
                    "json",
                    "--server",
                    "127.0.0.1:" + std::to_string(stack.controlplane().port("grpc")),
                    "--token-file",
                    stack.admin_token_file()};
    options.args.insert(options.args.end(), args.begin(), args.end());
    options.stdout_path = folder.File(name + ".out");
    options.stderr_path = folder.File(name + ".err");
    auto process = Process::Start(options);
    EXPECT_TRUE(process.ok()) << process.status();
    process_ = *std::move(process);
  }

  Process& process() { return *process_; }
  std::vector<json> Lines() const {
    std::vector<json> lines;
    std::vector<std::string> texts = absl::StrSplit(process_->Stdout(), '\n');
    texts.pop_back();  // what is not a whole line yet, or nothing
    for (const std::string& text : texts) {
      lines.push_back(json::parse(text, nullptr, false));
      EXPECT_TRUE(lines.back().is_object()) << text;
    }
    return lines;
  }

 private:
  std::unique_ptr<Process> process_;
};

class TailTest : public StackTest {
 protected:
  StackOptions Options() override {
    StackOptions options;
    options.dataplanes = 2;
    options.dataplane_args = {"--workers", "2"};
    return options;
  }
  // The control plane has so many callers who watch.
  bool Watched(int callers) {
    return Eventually([&] {
      return MetricsPage::Fetch(stack_->controlplane().port("ops"))
                 .Value("sluice_controlplane_tail_watches") == callers;
    });
  }
  // Asks again and again until the tail has a line, because a data plane is told of a watch a
  // moment after it has begun.
  bool AskUntilSeen(const RunningTail& tail, size_t dataplane, const std::string& target) {
    const size_t before = tail.Lines().size();
    return Eventually([&] {
      const auto answer = Fetch(stack_->port(dataplane), "POST", target,
                                {Stack::Bearer(key_), "Content-Type: application/json"}, kBody);
      EXPECT_TRUE(answer.ok()) << answer.status();
      return tail.Lines().size() > before;
    });
  }

  TempFolder own_folder_;
};

TEST_F(TailTest, RequestsOfAllDataPlanesAreSeenAsTheyEnd) {
  RunningTail tail(*stack_, own_folder_, "all", {});
  ASSERT_TRUE(Watched(1));
  ASSERT_TRUE(Eventually([&] {
    std::set<std::string> nodes;
    for (const json& line : tail.Lines()) nodes.insert(line.value("node", ""));
    for (const size_t dataplane : {0, 1}) EXPECT_TRUE(AskUntilSeen(tail, dataplane, kChat));
    return nodes.size() == 2;
  }));
  for (const json& line : tail.Lines()) {
    EXPECT_EQ(line.value("status", 0), 200);
    EXPECT_EQ(line.value("provider", ""), "demo");
    EXPECT_EQ(line.value("method", ""), "POST");
    EXPECT_EQ(line.value("path", ""), "/p/demo/chat/completions");
    EXPECT_EQ(line.value("input_tokens", 0), 7);
    EXPECT_NE(key_.find(line.value("client_key", "none")), std::string::npos);
    EXPECT_NE(line.value("request_id", ""), "");
  }
  tail.process().Signal(SIGINT);
  EXPECT_EQ(tail.process().Wait(), 0) << tail.process().Stderr();
  EXPECT_TRUE(Watched(0));
}

TEST_F(TailTest, EachSeesWhatItAskedFor) {
  const auto other = stack_->AddClientKey("other");
  ASSERT_TRUE(other.ok());
  RunningTail errors(*stack_, own_folder_, "errors", {"--status", "5xx"});
  RunningTail others(*stack_, own_folder_, "others", {"--key", "other"});
  RunningTail all(*stack_, own_folder_, "every", {"--limit", "1000000"});
  ASSERT_TRUE(Watched(3));
  const std::string failing = std::string(kChat) + "&emu.status=503";
  ASSERT_TRUE(AskUntilSeen(errors, 0, failing));
  ASSERT_TRUE(AskUntilSeen(all, 0, kChat));
  ASSERT_TRUE(Eventually([&] {
    EXPECT_TRUE(Fetch(stack_->port(), "GET", "/p/demo/models", {Stack::Bearer(*other)}).ok());
    return !others.Lines().empty();
  }));
  for (const json& line : errors.Lines()) EXPECT_EQ(line.value("status", 0), 503);
  for (const json& line : others.Lines()) {
    EXPECT_NE(other->find(line.value("client_key", "none")), std::string::npos);
  }
  EXPECT_TRUE(Eventually([&] { return all.Lines().size() > others.Lines().size(); }));
}

TEST_F(TailTest, ALimitIsAnEndAndACallerThatLeavesEndsTheWatch) {
  RunningTail tail(*stack_, own_folder_, "three", {"--limit", "3"});
  ASSERT_TRUE(Watched(1));
  ASSERT_TRUE(Eventually([&] {
    EXPECT_EQ(Status(), 200);
    return !tail.process().running();
  }));
  EXPECT_EQ(tail.process().Wait(), 0) << tail.process().Stderr();
  EXPECT_EQ(tail.Lines().size(), 3u);
  EXPECT_TRUE(Watched(0));
}

TEST_F(TailTest, WhatIsTooMuchIsCountedAndSlowsNobody) {
  RunningTail tail(*stack_, own_folder_, "rate", {"--rate", "1"});
  ASSERT_TRUE(Watched(1));
  ASSERT_TRUE(AskUntilSeen(tail, 0, kChat));
  for (int i = 0; i < 50; ++i) ASSERT_EQ(Status(), 200);
  EXPECT_TRUE(
      Eventually([&] { return tail.process().Stderr().find("left out)") != std::string::npos; }));
  EXPECT_GT(MetricsPage::Fetch(stack_->dataplane().port("ops"))
                .Value("sluice_dataplane_tail_left_out_total"),
            0);
}

TEST_F(TailTest, AControlPlaneThatGoesAwayIsSaid) {
  RunningTail tail(*stack_, own_folder_, "gone", {});
  ASSERT_TRUE(Watched(1));
  ASSERT_TRUE(AskUntilSeen(tail, 0, kChat));
  stack_->controlplane().process().Kill();
  EXPECT_EQ(tail.process().Wait(), 1);
  EXPECT_THAT(tail.process().Stderr(), HasSubstr("the connection to the control plane at"));
}

TEST_F(TailTest, TopShowsWhatGoesOn) {
  for (int i = 0; i < 5; ++i) {
    const auto answer = Ask("POST", kChat, kBody, {"Content-Type: application/json"});
    ASSERT_TRUE(answer.ok()) << answer.status();
  }
  ASSERT_TRUE(Ask("POST", std::string(kChat) + "&emu.status=503", kBody).ok());
  json top;
  ASSERT_TRUE(Eventually([&] {
    const CtlResult result = stack_->Ctl({"top", "--once", "--seconds", "300"});
    EXPECT_TRUE(result.ok()) << result.err;
    top = result.json;
    return top.is_object() && top["total"].value("requests", 0) == 6;
  })) << top;
  EXPECT_EQ(top.value("nodes_connected", 0), 2);
  EXPECT_EQ(top.value("nodes_behind", -1), 0);
  EXPECT_EQ(top["nodes"].size(), 2u);
  EXPECT_EQ(top["nodes"][0].value("requests", 0), 6);
  EXPECT_EQ(top["nodes"][0].value("state", ""), "connected");
  ASSERT_EQ(top["providers"].size(), 1u);
  const json provider = top["providers"][0];
  EXPECT_EQ(provider.value("provider", ""), "demo");
  EXPECT_EQ(provider.value("failed", 0), 1);
  EXPECT_EQ(provider.value("failed_upstream", 0), 1);
  EXPECT_EQ(provider.value("tokens", 0), 5 * 12);
  EXPECT_EQ(provider.value("keys", 0), 1);
  EXPECT_EQ(provider.value("keys_healthy", 0), 1);
  EXPECT_GT(provider.value("duration_p50_us", 0), 0);
  ASSERT_EQ(top["client_keys"].size(), 1u);
  EXPECT_EQ(top["client_keys"][0].value("client_key_name", ""), "test");
}

}  // namespace
}  // namespace sluice::test
