// What an operator says of a client key holds at a real data plane: scopes, limits, rotation,
// revocation, last use.
#include <atomic>
#include <thread>
#include <vector>

#include "tests/integration/stack_test.h"
#include "tests/support/deadline.h"

namespace sluice::test {
namespace {

constexpr char kChat[] = "/p/demo/chat/completions";
constexpr char kBody[] = R"({"model":"gpt-5","messages":[]})";

class ClientKeysTest : public StackTest {
 protected:
  StackOptions Options() override {
    StackOptions options;
    options.dataplane_args = {"--workers", "3"};
    return options;
  }

  std::string NewKey(const std::string& name, const std::vector<std::string>& args) {
    auto key = stack_->AddClientKey(name, args);
    EXPECT_TRUE(key.ok()) << key.status();
    return key.value_or("");
  }
  absl::StatusOr<HttpAnswer> With(const std::string& key, std::string_view method,
                                  const std::string& target, std::string_view body = {},
                                  std::vector<std::string> headers = {}) {
    headers.push_back(Stack::Bearer(key));
    return Fetch(stack_->port(), method, target, headers, body);
  }
  // "200", or "status code" of the gateway's own answers.
  std::string Outcome(const std::string& key, std::string_view method, const std::string& target,
                      std::string_view body = {}, std::vector<std::string> headers = {}) {
    auto answer = With(key, method, target, body, std::move(headers));
    if (!answer.ok()) return std::string(answer.status().message());
    const auto json = nlohmann::json::parse(answer->body, nullptr, false);
    std::string outcome = std::to_string(answer->status);
    if (answer->status < 400 || !json.is_object()) return outcome;
    return outcome + " " + json["error"].value("code", "");
  }
  std::string Chat(const std::string& key, std::string_view body,
                   const std::string& type = "application/json") {
    return Outcome(key, "POST", kChat, body, {"Content-Type: " + type});
  }
  // A stream that says something and then holds.
  absl::StatusOr<RawSocket> OpenStream(const std::string& key, const std::string& hold) {
    auto socket = RawSocket::Connect(stack_->port());
    if (!socket.ok()) return socket;
    absl::Status sent = socket->SendAll(
        RequestText("POST", std::string(kChat) + "?emu.events=4&emu.hold_after=2&emu.hold=" + hold,
                    {Stack::Bearer(key)}, R"({"model":"m","stream":true,"messages":[]})"));
    if (!sent.ok()) return sent;
    return socket;
  }
};

struct ScopeRow {
  std::vector<std::string> args;
  std::string_view method;
  std::string target;
  std::string_view outcome;
};

TEST_F(ClientKeysTest, TheTableOfScopes) {
  ASSERT_TRUE(stack_->AddProvider("other", "openai", stack_->emulator().url() + "/v1").ok());
  const std::vector<ScopeRow> rows = {
      {{}, "GET", "/p/other/models", "200"},
      {{"--providers", "demo"}, "GET", "/p/demo/models", "200"},
      {{"--providers", "demo"}, "GET", "/p/other/models", "400 provider_not_enabled"},
      {{"--methods", "GET"}, "GET", "/p/demo/models", "200"},
      {{"--methods", "GET,HEAD"}, "POST", "/p/demo/models", "403 permission_denied"},
      {{"--endpoints", "models"}, "GET", "/p/demo/v1/models", "200"},
      {{"--endpoints", "models"}, "GET", "/p/demo/models/gpt-5", "403 permission_denied"},
      {{"--endpoints", "models,models/*"}, "GET", "/p/demo/models", "200"},
      {{"--endpoints", "models/*"}, "GET", "/p/demo/models/a%2Fb", "403 permission_denied"},
      {{"--endpoints", "chat/**"}, "GET", "/p/demo/%63hat/completions", "403 permission_denied"},
      {{"--disable-after-making"}, "GET", "/p/demo/models", "401 invalid_api_key"},
  };
  int number = 0;
  for (const ScopeRow& row : rows) {
    const std::string name = "scope-" + std::to_string(number++);
    const bool disable = !row.args.empty() && row.args[0] == "--disable-after-making";
    const std::string key = NewKey(name, disable ? std::vector<std::string>{} : row.args);
    if (disable) {
      ASSERT_TRUE(stack_->Ctl({"key", "update", name, "--disable", "--wait"}).ok());
    }
    EXPECT_EQ(Outcome(key, row.method, row.target), row.outcome)
        << row.target << " with " << (row.args.empty() ? "" : row.args.back());
  }
}

TEST_F(ClientKeysTest, ScopesCanBeChangedAndTakenAway) {
  const std::string key = NewKey("web", {"--methods", "GET", "--rate", "1/1h"});
  EXPECT_EQ(Outcome(key, "GET", "/p/demo/models"), "200");
  EXPECT_EQ(Outcome(key, "GET", "/p/demo/models"), "429 rate_limit_exceeded");
  ASSERT_TRUE(stack_->Ctl({"key", "update", "web", "--any-method", "--no-limits", "--wait"}).ok());
  EXPECT_EQ(Outcome(key, "POST", kChat, kBody), "200");
  const auto shown = stack_->Ctl({"key", "get", "web"}).json;
  EXPECT_FALSE(shown.contains("limits")) << shown.dump();
}

TEST_F(ClientKeysTest, ModelsAreReadFromBodyAndPath) {
  const std::string key = NewKey("models", {"--models", "gpt-5*,gemini-2*"});
  EXPECT_EQ(Chat(key, R"({"model":"gpt-5-mini","messages":[]})"), "200");
  EXPECT_EQ(Chat(key, R"({"messages":[{"model":"x"}],"model":"gpt-5"})"), "200");
  EXPECT_EQ(Outcome(key, "POST", "/p/demo/models/gemini-2.5:generateContent", R"({"contents":[]})",
                    {"Content-Type: application/json"}),
            "200");
  for (const std::string_view refused :
       {R"({"model":"o3","messages":[]})", R"({"messages":[]})",
        R"({"model":"gpt-5","model":"o3"})", R"({"model":"gpt-5","MODEL":"o3"})",
        R"({"model":["gpt-5"]})", R"(not json)", ""}) {
    EXPECT_EQ(Chat(key, refused), "403 permission_denied") << refused;
  }
  EXPECT_EQ(Chat(key, kBody, "text/plain"), "403 permission_denied");
  EXPECT_EQ(Outcome(key, "POST", kChat, kBody,
                    {"Content-Type: application/json", "Content-Encoding: gzip"}),
            "403 permission_denied");
  EXPECT_EQ(Outcome(key, "GET", "/p/demo/models"), "403 permission_denied");
  EXPECT_EQ(Outcome(key, "POST", "/p/demo/models/imagen:generateContent", R"({"contents":[]})",
                    {"Content-Type: application/json"}),
            "403 permission_denied");
}

TEST_F(ClientKeysTest, ABodyWhoseModelIsKnownStreamsOnAndASecondModelCutsIt) {
  const std::string key = NewKey("models", {"--models", "gpt-5"});
  const std::string padding(3u << 20, 'x');
  EXPECT_EQ(Chat(key, R"({"model":"gpt-5","pad":")" + padding + "\"}"), "200");
  EXPECT_EQ(Chat(key, R"({"pad":")" + padding + R"(","model":"gpt-5"})"), "403 permission_denied");
  // The second name comes when the first megabytes are with the provider, which never gets a whole
  // body.
  stack_->emulator().Forget();
  EXPECT_EQ(Chat(key, R"({"model":"gpt-5","pad":")" + padding + R"(","model":"o3"})"),
            "403 permission_denied");
  for (const auto& request : stack_->emulator().Requests("chat/completions")) {
    EXPECT_NE(request["answer"].value("status", 0), 200) << request.dump();
  }
}

TEST_F(ClientKeysTest, ARateHoldsUnder64ClientsAcrossWorkersAndAPush) {
  constexpr int kAmount = 400;
  const std::string key = NewKey("limited", {"--rate", std::to_string(kAmount) + "/10h"});
  std::atomic<int> admitted{0};
  std::atomic<int> refused{0};
  std::atomic<int> other{0};
  std::atomic<bool> no_retry_after{false};
  std::vector<std::thread> clients;
  for (int i = 0; i < 64; ++i) {
    clients.emplace_back([&] {
      for (int n = 0; n < 12; ++n) {
        auto answer = Fetch(stack_->port(), "GET", "/p/demo/models", {Stack::Bearer(key)});
        if (!answer.ok()) {
          ++other;
        } else if (answer->status == 200) {
          ++admitted;
        } else if (answer->status == 429) {
          ++refused;
          if (!answer->Header("Retry-After").has_value()) no_retry_after = true;
        } else {
          ++other;
        }
      }
    });
  }
  // Changes that do not touch the limit, one of the key itself.
  EXPECT_TRUE(stack_->Ctl({"key", "update", "limited", "--note", "busy", "--wait"}).ok());
  EXPECT_TRUE(stack_->AddClientKey("another").ok());
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(other, 0);
  EXPECT_GE(admitted, kAmount);
  EXPECT_LE(admitted, kAmount + kAmount / 50);
  EXPECT_EQ(admitted + refused, 64 * 12);
  EXPECT_FALSE(no_retry_after);
}

TEST_F(ClientKeysTest, TheBurstIsWhatMayComeAtOnce) {
  struct Row {
    std::vector<std::string> args;
    int passed;
  };
  const std::vector<Row> rows = {
      {{"--rate", "6/10h"}, 6},
      {{"--rate", "6/10h", "--burst", "1"}, 1},
      {{"--rate", "6/10h", "--burst", "4"}, 4},
  };
  for (size_t row = 0; row < rows.size(); ++row) {
    const std::string key = NewKey("burst-" + std::to_string(row), rows[row].args);
    int passed = 0;
    for (int i = 0; i < 12; ++i) passed += Outcome(key, "GET", "/p/demo/models") == "200" ? 1 : 0;
    EXPECT_EQ(passed, rows[row].passed) << "row " << row;
  }
}

TEST_F(ClientKeysTest, RequestsAtOnceAreLimitedAndGiveTheirPlacesBack) {
  const std::string key = NewKey("narrow", {"--concurrent", "3"});
  std::vector<RawSocket> streams;
  for (int i = 0; i < 3; ++i) {
    auto stream = OpenStream(key, "places");
    ASSERT_TRUE(stream.ok()) << stream.status();
    auto head = ReadHead(*stream);
    ASSERT_TRUE(head.ok()) << head.status();
    ASSERT_EQ(head->status, 200);
    streams.push_back(*std::move(stream));
  }
  EXPECT_EQ(Outcome(key, "GET", "/p/demo/models"), "429 rate_limit_exceeded");
  // One leaves without a word, the others are let go.
  streams.pop_back();
  EXPECT_TRUE(Eventually([&] { return Outcome(key, "GET", "/p/demo/models") == "200"; }));
  stack_->emulator().Release("places");
  for (RawSocket& stream : streams) EXPECT_TRUE(stream.ReadUntil("[DONE]").ok());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Outcome(key, "GET", "/p/demo/models"), "200");
}

TEST_F(ClientKeysTest, ARevocationLeavesStreamsOrCutsThem) {
  const std::string kept = NewKey("kept", {});
  const std::string cut = NewKey("cut", {});
  const std::string neighbour = NewKey("neighbour", {});
  std::vector<RawSocket> streams;
  std::vector<HttpAnswer> heads;
  for (const std::string& key : {kept, cut, neighbour}) {
    auto stream = OpenStream(key, "all");
    ASSERT_TRUE(stream.ok()) << stream.status();
    auto head = ReadHead(*stream);
    ASSERT_TRUE(head.ok()) << head.status();
    ASSERT_EQ(head->status, 200);
    heads.push_back(*head);
    streams.push_back(*std::move(stream));
  }
  ASSERT_TRUE(stack_->Ctl({"key", "revoke", "kept", "--wait"}).ok());
  // First disabled: what was under way before is cut all the same.
  ASSERT_TRUE(stack_->Ctl({"key", "update", "cut", "--disable", "--wait"}).ok());
  ASSERT_TRUE(stack_->Ctl({"key", "revoke", "cut", "--cut-streams", "--wait"}).ok());
  EXPECT_EQ(Outcome(kept, "GET", "/p/demo/models"), "401 invalid_api_key");
  EXPECT_EQ(Outcome(cut, "GET", "/p/demo/models"), "401 invalid_api_key");

  // Nobody can take the cut answer for a whole one, and the provider is told to stop.
  const absl::Status ended = ReadBody(streams[1], heads[1], "POST");
  EXPECT_TRUE(absl::IsOutOfRange(ended)) << ended;
  EXPECT_TRUE(Eventually([&] {
    int closed = 0;
    for (const auto& request : stack_->emulator().Requests("chat/completions")) {
      if (!request["client_closed_ms"].is_null()) ++closed;
    }
    return closed == 1;
  }));
  stack_->emulator().Release("all");
  EXPECT_TRUE(ReadBody(streams[0], heads[0], "POST").ok());
  EXPECT_TRUE(ReadBody(streams[2], heads[2], "POST").ok());
}

TEST_F(ClientKeysTest, ARotationWithAnOverlapLetsBothKeysBeUsedForAWhile) {
  const std::string old = NewKey("web", {"--methods", "GET"});
  const CtlResult rotated = stack_->Ctl({"key", "rotate", "web", "--overlap", "3s", "--wait"});
  ASSERT_TRUE(rotated.ok()) << rotated.err;
  const std::string fresh = rotated.json.value("key", "");
  EXPECT_EQ(Outcome(fresh, "GET", "/p/demo/models"), "200");
  EXPECT_EQ(Outcome(fresh, "POST", kChat, kBody), "403 permission_denied");
  EXPECT_TRUE(
      Eventually([&] { return Outcome(old, "GET", "/p/demo/models") == "401 invalid_api_key"; }));
  EXPECT_EQ(Outcome(fresh, "GET", "/p/demo/models"), "200");
}

TEST_F(ClientKeysTest, WhenAKeyWasUsedLastIsShownAndSurvivesARestart) {
  NewKey("unused", {});
  const std::string key = NewKey("used", {});
  ASSERT_EQ(Outcome(key, "GET", "/p/demo/models"), "200");
  const std::string id = stack_->Ctl({"key", "get", "used"}).json.value("id", "");
  const auto last_uses = [&] {
    return stack_->Ctl({"key", "list"}).json.value("last_used_at", nlohmann::json::object());
  };
  // With the next heartbeat.
  ASSERT_TRUE(
      Eventually([&] { return last_uses().contains(id); }, std::chrono::milliseconds(30'000)));
  const std::string unused = stack_->Ctl({"key", "get", "unused"}).json.value("id", "");
  EXPECT_FALSE(last_uses().contains(unused));
  const std::string at = last_uses()[id];
  ASSERT_EQ(stack_->controlplane().Stop(), 0);
  ASSERT_TRUE(stack_->RestartControlplane().ok());
  EXPECT_EQ(last_uses().value(id, ""), at);
}

}  // namespace
}  // namespace sluice::test
