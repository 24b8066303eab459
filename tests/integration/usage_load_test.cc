// Thousands of requests over all presets, plain and streamed, a third of them cut by client,
// provider or a timeout, while data planes and control plane are killed: each is in the accounts
// once, with the tokens that the emulator gave. Single records are compared, not sums alone.
//
// Some 1,500 requests; SLUICE_USAGE_REQUESTS=10000 asks for more.
#include <gmock/gmock.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <random>
#include <thread>

#include "tests/integration/stack_test.h"
#include "tests/support/deadline.h"

namespace sluice::test {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr size_t kNodes = 2;
constexpr int kThreads = 16;
constexpr int kDefaultRequests = 1500;
// A data plane that is killed may lose what ended so long before: docs/OPERATIONS.md says so.
constexpr milliseconds kMayBeLost{1000};

constexpr char kOpenAi[] = R"({"model":"m-1","messages":[]})";
constexpr char kOpenAiStream[] =
    R"({"model":"m-1","stream":true,"stream_options":{"include_usage":true},"messages":[]})";
constexpr char kMessage[] = R"({"model":"m-1","max_tokens":9,"messages":[]})";
constexpr char kMessageStream[] = R"({"model":"m-1","max_tokens":9,"stream":true,"messages":[]})";
constexpr char kContents[] = R"({"contents":[{"parts":[{"text":"hello"}]}]})";

struct Sample {
  const char* preset;
  const char* base_path;
  const char* plain;
  const char* streamed;
  const char* plain_body = kOpenAi;
  const char* streamed_body = kOpenAiStream;
};
constexpr char kChat[] = "chat/completions";
const std::vector<Sample> kSamples = {
    {"openai", "/v1", kChat, kChat},
    {"anthropic", "/v1", "messages", "messages", kMessage, kMessageStream},
    {"gemini", "/v1beta", "models/m-1:generateContent", "models/m-1:streamGenerateContent?alt=sse",
     kContents, kContents},
    {"groq", "/openai/v1", kChat, kChat},
    {"openrouter", "/api/v1", kChat, kChat},
    {"deepseek", "", kChat, kChat},
    {"zai", "/api/paas/v4", kChat, kChat},
    {"xai", "/v1", kChat, kChat},
    {"minimax", "/v1", kChat, kChat},
    {"xiaomi", "/v1", kChat, kChat},
    {"opencode-go", "/zen/go/v1", kChat, kChat},
    {"oracle", "/20231130/actions/v1", kChat, kChat},
    {"ollama", "/v1", kChat, kChat},
    {"bailian", "/compatible-mode/v1", kChat, kChat},
};

enum class Cut { kNone, kByClient, kByProvider, kByTimeout };

Cut CutOf(int number) {
  if (number % 3 != 0) return Cut::kNone;
  return static_cast<Cut>(1 + number / 3 % 3);
}
int64_t InputOf(int number) { return 1000 + number; }
int64_t OutputOf(int number) { return 1 + number % 997; }
std::string IdOf(int number) { return "load-" + std::to_string(number); }

int64_t Number(const json& object, const char* name) {
  if (!object.contains(name)) return 0;
  return object[name].is_string() ? std::stoll(object[name].get<std::string>())
                                  : object[name].get<int64_t>();
}

// What a client saw of its request.
struct Seen {
  size_t node = 0;
  bool whole = false;  // 200, to its end
  steady_clock::time_point begin;
  steady_clock::time_point end;
};
struct Kill {
  size_t node = 0;
  steady_clock::time_point at;
  steady_clock::time_point back;
};

class UsageLoadTest : public StackTest {
 protected:
  StackOptions Options() override {
    StackOptions options;
    options.dataplanes = kNodes;
    options.dataplane_args = {"--workers", "2"};
    return options;
  }
  void AddProviders() {
    for (const Sample& sample : kSamples) {
      const std::string as = R"(request_headers={"set":[{"name":"X-Emulator-As","value":")" +
                             std::string(sample.preset) + R"("}]})";
      ASSERT_TRUE(stack_
                      ->AddProvider(sample.preset, sample.preset,
                                    stack_->emulator().url() + sample.base_path)
                      .ok());
      const CtlResult made =
          stack_->Ctl({"provider", "update", sample.preset, "--set", as, "--breaker", "false",
                       "--max-attempts", "1", "--stream-idle-timeout", "400ms", "--wait"});
      ASSERT_TRUE(made.ok()) << made.err;
    }
  }

  static int Requests() {
    const char* const asked = std::getenv("SLUICE_USAGE_REQUESTS");
    return asked == nullptr ? kDefaultRequests : std::atoi(asked);
  }

  Seen Ask(int number) {
    const auto index = static_cast<size_t>(number);
    const Sample& sample = kSamples[index % kSamples.size()];
    const bool streamed = index / kSamples.size() % 2 == 1;
    Seen seen;
    seen.node = index % kNodes;
    std::string target =
        "/p/" + std::string(sample.preset) + "/" + (streamed ? sample.streamed : sample.plain);
    const Cut cut = CutOf(number);
    std::vector<std::string> headers = {
        Stack::Bearer(key_), "Content-Type: application/json", "X-Request-Id: " + IdOf(number),
        "X-Emulator-Prompt-Tokens: " + std::to_string(InputOf(number)),
        "X-Emulator-Completion-Tokens: " + std::to_string(OutputOf(number))};
    // Before anything of the output was told.
    if (cut == Cut::kByProvider) headers.emplace_back("X-Emulator-Cut-After: 20");
    if (cut == Cut::kByTimeout || cut == Cut::kByClient) {
      headers.emplace_back("X-Emulator-Stall-After-Bytes: 20");
    }
    const char* const body = streamed ? sample.streamed_body : sample.plain_body;
    const uint16_t port = stack_->port(seen.node);
    seen.begin = steady_clock::now();
    if (cut == Cut::kByClient) {
      auto socket = RawSocket::Connect(port);
      if (socket.ok() && socket->SendAll(RequestText("POST", target, headers, body)).ok()) {
        (void)socket->ReadUntil("\r\n\r\n");
      }
    } else {
      const auto answer = Fetch(port, "POST", target, headers, body);
      seen.whole = answer.ok() && answer->status == 200;
    }
    seen.end = steady_clock::now();
    return seen;
  }

  void Load(int requests) {
    seen_.resize(static_cast<size_t>(requests));
    std::atomic<int> next{0};
    std::vector<std::thread> clients;
    clients.reserve(kThreads);
    for (int i = 0; i < kThreads; ++i) {
      clients.emplace_back([&] {
        for (int number = next++; number < requests; number = next++) {
          seen_[static_cast<size_t>(number)] = Ask(number);
        }
      });
    }
    std::mt19937 chance(std::random_device{}());
    // While they run: somebody is killed at each sixth of the way.
    for (int part = 1; part < 6; ++part) {
      while (next < requests * part / 6) std::this_thread::sleep_for(milliseconds(5));
      std::this_thread::sleep_for(milliseconds(chance() % 100));
      if (part % 2 == 1) {
        stack_->controlplane().process().Kill();
        std::this_thread::sleep_for(milliseconds(500 + chance() % 1000));
        EXPECT_TRUE(stack_->RestartControlplane().ok());
      } else {
        KillNode(chance() % kNodes);
      }
    }
    for (std::thread& client : clients) client.join();
  }

  // It comes back on the same port, which the clients know.
  void KillNode(size_t node) {
    ServerProcess& process = stack_->dataplane(node);
    const std::string listen = "127.0.0.1:" + std::to_string(process.port("http"));
    Kill kill{node, steady_clock::now(), {}};
    process.process().Kill();
    std::vector<std::string> args = process.args();
    for (size_t i = 0; i + 1 < args.size(); ++i) {
      if (args[i] == "--listen") args[i + 1] = listen;
    }
    process.SetArgs(args);
    EXPECT_TRUE(process.Start().ok());
    EXPECT_TRUE(stack_->WaitUntilReady(node));
    kill.back = steady_clock::now();
    kills_.push_back(kill);
  }

  // Whether the accounts must have it: nothing that it needed was killed meanwhile, or just after.
  bool IsCertain(const Seen& seen) const {
    return std::none_of(kills_.begin(), kills_.end(), [&](const Kill& kill) {
      return kill.node == seen.node && seen.begin <= kill.back && seen.end + kMayBeLost >= kill.at;
    });
  }

  // All single records by request id; one that is there twice fails the test.
  std::map<std::string, json> Records() {
    std::map<std::string, json> records;
    std::string before;
    while (true) {
      std::vector<std::string> command = {"usage", "records", "--limit", "1000", "--since", "1h"};
      if (!before.empty()) command.insert(command.end(), {"--before", before});
      const CtlResult listed = stack_->Ctl(command);
      EXPECT_TRUE(listed.ok()) << listed.err;
      const json page = listed.json.value("records", json::array());
      if (page.empty()) return records;
      for (const json& stored : page) {
        const json& record = stored["record"];
        const std::string id = record.value("request_id", "");
        before = std::to_string(Number(stored, "id"));
        if (!id.starts_with("load-")) continue;
        EXPECT_TRUE(records.emplace(id, record).second) << id << " is there twice";
      }
    }
  }

  std::vector<Seen> seen_;
  std::vector<Kill> kills_;
};

TEST_F(UsageLoadTest, EachRequestIsAccountedForOnceWithWhatItUsed) {
  const int requests = Requests();
  ASSERT_NO_FATAL_FAILURE(AddProviders());
  Load(requests);
  std::vector<int> certain;
  for (int number = 0; number < requests; ++number) {
    if (IsCertain(seen_[static_cast<size_t>(number)])) certain.push_back(number);
  }
  std::map<std::string, json> records;
  Eventually([&] {
    records = Records();
    return std::all_of(certain.begin(), certain.end(),
                       [&](int number) { return records.contains(IdOf(number)); });
  });

  int missing = 0;
  int lost = 0;
  int whole = 0;
  int partial = 0;
  for (int number = 0; number < requests; ++number) {
    const Seen& seen = seen_[static_cast<size_t>(number)];
    const auto found = records.find(IdOf(number));
    if (found == records.end()) {
      const bool sure = IsCertain(seen);
      missing += sure ? 1 : 0;
      lost += !sure && seen.whole ? 1 : 0;
      EXPECT_FALSE(sure) << IdOf(number) << " is lost";
      continue;
    }
    const json& record = found->second;
    const std::string quality = record.value("quality", "");
    if (seen.whole) {
      ++whole;
      EXPECT_EQ(quality, "COMPLETE") << record;
      EXPECT_EQ(Number(record, "input_tokens"), InputOf(number)) << record;
      EXPECT_EQ(Number(record, "output_tokens"), OutputOf(number)) << record;
    } else if (CutOf(number) != Cut::kNone) {
      ++partial;
      EXPECT_TRUE(quality == "PARTIAL" || quality == "UNMETERED") << record;
      EXPECT_LE(Number(record, "input_tokens"), InputOf(number)) << record;
      EXPECT_LE(Number(record, "output_tokens"), OutputOf(number)) << record;
    }
    if (missing > 20) break;
  }
  EXPECT_GT(static_cast<int>(certain.size()), requests / 2) << "the test proves something";
  EXPECT_GT(partial, requests / 6);
  EXPECT_GT(whole, requests / 3);

  // The hours say what the single records say.
  int64_t input = 0;
  int64_t output = 0;
  for (const auto& [id, record] : records) {
    input += Number(record, "input_tokens");
    output += Number(record, "output_tokens");
  }
  const json total = stack_->Ctl({"usage", "--since", "1h"}).json["total"];
  EXPECT_EQ(Number(total, "requests"), static_cast<int64_t>(records.size()));
  EXPECT_EQ(Number(total, "input_tokens"), input);
  EXPECT_EQ(Number(total, "output_tokens"), output);
  spdlog::info(
      "{} requests: {} recorded, {} whole, {} cut; {} whole ones lost with {} killed data planes",
      requests, records.size(), whole, partial, lost, kills_.size());
}

}  // namespace
}  // namespace sluice::test
