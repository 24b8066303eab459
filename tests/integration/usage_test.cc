// The accounts from end to end: what the emulator gave is what `sluicectl usage` says, whoever was
// killed or away meanwhile.
#include <gmock/gmock.h>

#include <random>
#include <thread>

#include "tests/integration/stack_test.h"
#include "tests/support/deadline.h"
#include "tests/support/stack/metrics_page.h"

namespace sluice::test {
namespace {

using nlohmann::json;

constexpr char kChat[] = "/p/demo/chat/completions";
constexpr char kBody[] = R"({"model":"gpt-5","messages":[]})";
constexpr char kStream[] =
    R"({"model":"gpt-5","stream":true,"stream_options":{"include_usage":true},"messages":[]})";
// Longer than the recorder's period: what ended is on disk.
constexpr std::chrono::milliseconds kOnDisk{500};

struct Sums {
  int64_t requests = 0;
  int64_t failed = 0;
  int64_t input = 0;
  int64_t output = 0;
  bool operator==(const Sums&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Sums& sums) {
  return out << sums.requests << " requests, " << sums.failed << " failed, " << sums.input
             << " in, " << sums.output << " out";
}

int64_t Number(const json& object, const char* name) {
  if (!object.contains(name)) return 0;
  return object[name].is_string() ? std::stoll(object[name].get<std::string>())
                                  : object[name].get<int64_t>();
}

Sums SumsOf(const json& sums) {
  return {Number(sums, "requests"), Number(sums, "failed"), Number(sums, "input_tokens"),
          Number(sums, "output_tokens")};
}

class UsageTest : public StackTest {
 protected:
  StackOptions Options() override {
    StackOptions options;
    options.dataplane_args = {"--workers", "2"};
    return options;
  }
  static std::string Using(int64_t prompt, int64_t completion) {
    return std::string(kChat) + "?emu.prompt_tokens=" + std::to_string(prompt) +
           "&emu.completion_tokens=" + std::to_string(completion);
  }
  json Usage(const std::vector<std::string>& args = {}) {
    std::vector<std::string> command = {"usage"};
    command.insert(command.end(), args.begin(), args.end());
    const CtlResult result = stack_->Ctl(command);
    EXPECT_TRUE(result.ok()) << result.err;
    return result.json;
  }
  Sums Total() { return SumsOf(Usage()["total"]); }
  // Once it is so; else what it is then.
  Sums TotalOnce(const Sums& expected) {
    Sums total;
    Eventually([&] { return (total = Total()) == expected; });
    return total;
  }
  // The row of `usage --by DIMENSION` whose member `name` is `value`.
  Sums RowOf(const std::string& dimension, const char* name, const std::string& value) {
    const json usage = Usage({"--by", dimension});
    for (const json& row : usage.at("rows")) {
      if (row.value(name, "") == value) return SumsOf(row["sums"]);
    }
    return {};
  }
  void Post(int count, int64_t prompt, int64_t completion, const char* body = kBody) {
    for (int i = 0; i < count; ++i) {
      const auto answer = Ask("POST", Using(prompt, completion), body);
      ASSERT_TRUE(answer.ok()) << answer.status();
      ASSERT_EQ(answer->status, 200);
    }
  }
};

TEST_F(UsageTest, EveryRequestIsAccountedForByWhoAndWhat) {
  const auto other = stack_->AddClientKey("other");
  ASSERT_TRUE(other.ok());
  Post(3, 10, 5);
  Post(2, 100, 50, kStream);
  ASSERT_TRUE(Fetch(stack_->port(), "POST", Using(1, 1),
                    {Stack::Bearer(*other), "Content-Type: application/json"}, kBody)
                  .ok());
  ASSERT_TRUE(Ask("POST", Using(9, 9) + "&emu.status=429", kBody).ok());
  ASSERT_TRUE(Fetch(stack_->port(), "GET", "/p/demo/models", {"Authorization: Bearer wrong"}).ok());
  const Sums expected{8, 2, 231, 116};
  EXPECT_EQ(TotalOnce(expected), expected);
  EXPECT_EQ(RowOf("key", "client_key_name", "other"), (Sums{1, 0, 1, 1}));
  EXPECT_EQ(RowOf("key", "client_key_name", "test"), (Sums{6, 1, 230, 115}));
  EXPECT_EQ(RowOf("provider", "provider", "demo"), (Sums{7, 1, 231, 116}));
  EXPECT_EQ(RowOf("quality", "quality", "complete"), (Sums{6, 0, 231, 116}));
  EXPECT_EQ(RowOf("quality", "quality", "unmetered"), (Sums{2, 2, 0, 0}));
}

TEST_F(UsageTest, WhileTheControlPlaneIsAwayNothingIsLostOrDoubled) {
  Post(5, 10, 1);
  stack_->controlplane().process().Kill();
  Post(20, 10, 1);
  std::this_thread::sleep_for(kOnDisk);
  ASSERT_TRUE(stack_->RestartControlplane().ok());
  Post(5, 10, 1);
  const Sums expected{30, 0, 300, 30};
  EXPECT_EQ(TotalOnce(expected), expected);
}

TEST_F(UsageTest, ANodeThatIsKilledTellsWhatItHadWrittenWhenItIsBack) {
  stack_->controlplane().process().Kill();
  Post(20, 10, 1);
  std::this_thread::sleep_for(kOnDisk);
  stack_->dataplane().process().Kill();
  ASSERT_TRUE(stack_->RestartControlplane().ok());
  ASSERT_TRUE(stack_->dataplane().Start().ok());
  ASSERT_TRUE(stack_->WaitUntilReady());
  Post(1, 10, 1);
  const Sums expected{21, 0, 210, 21};
  EXPECT_EQ(TotalOnce(expected), expected);
}

// The node is gone for good after a clean stop, its disk with it.
TEST_F(UsageTest, ANodeThatIsStoppedTellsAllBeforeItEnds) {
  Post(20, 10, 1);
  EXPECT_EQ(stack_->dataplane().Stop(), 0);
  EXPECT_EQ(Total(), (Sums{20, 0, 200, 20}));
}

TEST_F(UsageTest, BothSidesKilledAtRandomNothingThatWasWrittenIsLostOrDoubled) {
  std::mt19937 chance(std::random_device{}());
  Sums expected;
  for (int round = 0; round < 4; ++round) {
    const int count = 5 + static_cast<int>(chance() % 20);
    Post(count, 7, 3);
    expected.requests += count;
    expected.input += 7 * count;
    expected.output += 3 * count;
    if (chance() % 2 == 0) {
      stack_->controlplane().process().Kill();
      ASSERT_TRUE(stack_->RestartControlplane().ok());
    } else {
      std::this_thread::sleep_for(kOnDisk);
      stack_->dataplane().process().Kill();
      ASSERT_TRUE(stack_->dataplane().Start().ok());
      ASSERT_TRUE(stack_->WaitUntilReady());
    }
  }
  EXPECT_EQ(TotalOnce(expected), expected);
}

TEST_F(UsageTest, TheMetricsSayWhatWaits) {
  stack_->controlplane().process().Kill();
  Post(3, 1, 1);
  const auto waiting = [&] {
    return MetricsPage::Fetch(stack_->dataplane().port("ops"))
        .Value("sluice_dataplane_usage_records_waiting");
  };
  EXPECT_TRUE(Eventually([&] { return waiting() >= 3; }));
  ASSERT_TRUE(stack_->RestartControlplane().ok());
  EXPECT_TRUE(Eventually([&] { return waiting() == 0; }));
}

}  // namespace
}  // namespace sluice::test
