// What answers used is metered at a real data plane however they come and end, and client keys are
// held to their tokens.
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "tests/integration/stack_test.h"
#include "tests/support/compression.h"
#include "tests/support/deadline.h"
#include "tests/support/raw_upstream.h"
#include "tests/support/stack/metered_tokens.h"

namespace sluice::test {
namespace {

using ::testing::HasSubstr;

constexpr char kChat[] = "/p/demo/chat/completions";
constexpr char kBody[] = R"({"model":"m","messages":[]})";
constexpr char kStream[] =
    R"({"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[]})";
constexpr char kMessageStream[] = R"({"model":"m","stream":true,"messages":[]})";

class MeteringTest : public StackTest {
 protected:
  StackOptions Options() override {
    StackOptions options;
    options.dataplane_args = {"--workers", "3"};
    options.env = {kHoldNothingBack};
    return options;
  }

  std::string NewKey(const std::string& name, const std::vector<std::string>& args) {
    auto key = stack_->AddClientKey(name, args);
    EXPECT_TRUE(key.ok()) << key.status();
    return key.value_or("");
  }
  HttpAnswer With(const std::string& key, std::string_view method, const std::string& target,
                  std::string_view body = {}, std::vector<std::string> headers = {}) {
    headers.push_back(Stack::Bearer(key));
    auto answer = Fetch(stack_->port(), method, target, headers, body);
    EXPECT_TRUE(answer.ok() || absl::IsOutOfRange(answer.status())) << answer.status();
    return answer.value_or(HttpAnswer());
  }
  HttpAnswer Post(const std::string& target, std::string_view body = kBody) {
    return With(key_, "POST", target, body, {"Content-Type: application/json"});
  }
  static std::string Using(int64_t prompt, int64_t completion) {
    return "?emu.prompt_tokens=" + std::to_string(prompt) +
           "&emu.completion_tokens=" + std::to_string(completion);
  }

  MeteredTokens Metered(const std::string& provider = "demo") {
    return MeteredOf(stack_->dataplane().port("ops"), provider);
  }
  // What has been added to `before`, once that are `answers` more. An answer is counted in the turn
  // in which its last byte goes out.
  MeteredTokens Since(const MeteredTokens& before, int64_t answers,
                      const std::string& provider = "demo") {
    EXPECT_TRUE(
        Eventually([&] { return Metered(provider).answers() >= before.answers() + answers; }));
    return Metered(provider) - before;
  }
  // A provider of its own in Anthropic's language.
  void AddAnthropic() {
    ASSERT_TRUE(
        stack_->AddProvider("claude", "anthropic", stack_->emulator().As("anthropic", "v1")).ok());
  }
};

TEST_F(MeteringTest, PlainStreamedAndCompressedAnswersTellTheSame) {
  const std::string use = Using(123, 45);
  const MeteredTokens expected{123, 45, 1, 0, 0, 0};
  for (const std::string& target :
       {kChat + use, kChat + use + "&emu.gzip", kChat + use + "&emu.chunk=1",
        kChat + use + "&emu.close_delimited", "/p/demo/responses" + use}) {
    for (const char* body : {kBody, kStream}) {
      const MeteredTokens before = Metered();
      ASSERT_EQ(Post(target, body).status, 200) << target;
      EXPECT_EQ(Since(before, 1), expected) << target << " " << body;
    }
  }
  for (const std::string coding : {"gzip", "deflate", "br", "zstd"}) {
    const std::string packed =
        Compressed(coding, R"({"model":"m","usage":{"prompt_tokens":123,"completion_tokens":45}})");
    const MeteredTokens before = Metered();
    const HttpAnswer answer = With(
        key_, "POST", kChat, kBody,
        {"X-Emulator-Body-Base64: " + absl::Base64Escape(packed), "X-Emulator-Chunk: 7",
         "X-Emulator-Type: application/json", "X-Emulator-Header: Content-Encoding: " + coding});
    EXPECT_EQ(answer.body, packed);
    EXPECT_EQ(Since(before, 1), expected) << coding;
  }
}

TEST_F(MeteringTest, WhatTellsNothingCountsNothing) {
  MeteredTokens before = Metered();
  // Nobody asked for usage, and the gateway does not either.
  const HttpAnswer stream = Post(kChat + Using(9, 9), kMessageStream);
  EXPECT_THAT(stream.body, ::testing::Not(HasSubstr("usage\":{")));
  EXPECT_EQ(Post("/p/demo/audio/speech").status, 200);
  EXPECT_EQ(Post(std::string(kChat) + "?emu.size=100000&emu.type=audio/mpeg").status, 200);
  EXPECT_EQ(Post(std::string(kChat) + "?emu.size=100000&emu.type=application/json").status, 200);
  EXPECT_EQ(Since(before, 4), (MeteredTokens{0, 0, 0, 0, 0, 4}));
  // Neither errors nor what was made before are answers that use anything.
  before = Metered();
  EXPECT_EQ(Post(std::string(kChat) + "?emu.status=400").status, 400);
  EXPECT_EQ(Status(), 200);
  EXPECT_EQ(Post(kChat + Using(1, 1)).status, 200);
  EXPECT_EQ(Since(before, 1), (MeteredTokens{1, 1, 1, 0, 0, 0}));
}

TEST_F(MeteringTest, AStreamThatIsCutIsCountedAsFarAsItCame) {
  AddAnthropic();
  const std::string key = NewKey("cut", {"--tokens", "1000/10h"});
  const std::string target = "/p/claude/v1/messages" + Using(5000, 77);
  // By the provider: the sum of the input was told, of the output only the beginning.
  MeteredTokens before = Metered("claude");
  auto cut = Fetch(stack_->port(), "POST", target + "&emu.cut_after=900",
                   {Stack::Bearer(key_), "Content-Type: application/json"}, kMessageStream);
  EXPECT_FALSE(cut.ok());
  EXPECT_EQ(Since(before, 1, "claude"), (MeteredTokens{5000, 1, 0, 1, 0, 0}));
  // By the client.
  before = Metered("claude");
  auto socket = RawSocket::Connect(stack_->port());
  ASSERT_TRUE(socket.ok());
  ASSERT_TRUE(socket
                  ->SendAll(RequestText("POST", target + "&emu.hold_after=3&emu.hold=forever",
                                        {Stack::Bearer(key)}, kMessageStream))
                  .ok());
  ASSERT_TRUE(socket->ReadUntil("event: ping").ok());
  EXPECT_EQ(Metered("claude").answers(), before.answers()) << "it is still under way";
  socket = absl::CancelledError("closed");
  EXPECT_EQ(Since(before, 1, "claude"), (MeteredTokens{5000, 1, 0, 1, 0, 0}));
  const HttpAnswer refused = With(key, "POST", target, kMessageStream);
  EXPECT_EQ(refused.status, 429) << refused.body;
}

// A client that leaves at the last event has had the whole.
TEST_F(MeteringTest, AClientThatLeavesAtTheLastEventIsCountedInFull) {
  const MeteredTokens before = Metered();
  auto socket = RawSocket::Connect(stack_->port());
  ASSERT_TRUE(socket.ok());
  // 2 events of text, the role, the end, the usage and [DONE].
  const std::string hold = "&emu.events=2&emu.hold_after=6&emu.hold=forever";
  ASSERT_TRUE(socket
                  ->SendAll(RequestText("POST", kChat + Using(70, 30) + hold, {Stack::Bearer(key_)},
                                        kStream))
                  .ok());
  ASSERT_TRUE(socket->ReadUntil("[DONE]").ok());
  socket = absl::CancelledError("closed");
  EXPECT_EQ(Since(before, 1), (MeteredTokens{70, 30, 1, 0, 0, 0}));
}

TEST_F(MeteringTest, OfSeveralTriesOneIsCounted) {
  const auto answer = [](const std::string& status, const std::string& body) {
    return "HTTP/1.1 " + status +
           "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  };
  const std::string usage = R"({"usage":{"prompt_tokens":20,"completion_tokens":10}})";
  RawUpstream upstream({answer("429 Too Many Requests", usage), answer("200 OK", usage)});
  ASSERT_TRUE(stack_->AddProvider("pair", "openai", upstream.url(), "sk-emulator-1").ok());
  ASSERT_TRUE(
      stack_
          ->Ctl({"provider-key", "add", "pair", "--name", "second", "-", "--wait"}, "sk-emulator-2")
          .ok());
  EXPECT_EQ(Post("/p/pair/chat/completions").status, 200);
  EXPECT_EQ(upstream.requests().size(), 2u);
  EXPECT_EQ(Since({}, 1, "pair"), (MeteredTokens{20, 10, 1, 0, 0, 0}));
}

// The limit lets in while a token is left; what is under way then is the most that goes over.
TEST_F(MeteringTest, TokensHoldUnder64ClientsAcrossWorkersAndAPush) {
  constexpr int64_t kTokens = 5000;
  constexpr int64_t kEach = 100;
  constexpr int kClients = 64;
  constexpr double kSpacing = 36'000.0 / kTokens;  // seconds
  const std::string key = NewKey("limited", {"--tokens", std::to_string(kTokens) + "/10h"});
  const std::string target = kChat + Using(60, 40);
  const auto begin = std::chrono::steady_clock::now();
  std::atomic<int64_t> given{0};
  std::atomic<int> refused{0};
  std::atomic<int> other{0};
  std::vector<std::thread> clients;
  clients.reserve(kClients);
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([&, i] {
      for (int n = 0; n < 6; ++n) {
        auto answer = Fetch(stack_->port(), "POST", target,
                            {Stack::Bearer(key), "Content-Type: application/json"},
                            i % 2 == 0 ? kBody : kStream);
        if (answer.ok() && answer->status == 200) {
          EXPECT_THAT(answer->body, HasSubstr("\"total_tokens\":100"));
          given += kEach;
        } else if (answer.ok() && answer->status == 429) {
          EXPECT_TRUE(answer->Header("Retry-After").has_value());
          ++refused;
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
  EXPECT_GE(given, kTokens);
  EXPECT_LT(given, kTokens + kClients * kEach);
  EXPECT_GT(refused, 0);
  const MeteredTokens metered = Since({}, given / kEach);
  EXPECT_EQ(metered,
            (MeteredTokens{given / kEach * 60, given / kEach * 40, given / kEach, 0, 0, 0}));

  // The debt, less what has come back since the first answer.
  const HttpAnswer last = With(key, "POST", target, kBody);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  ASSERT_EQ(last.status, 429);
  EXPECT_THAT(last.body, HasSubstr("over its limit of tokens"));
  EXPECT_THAT(last.body, HasSubstr("\"code\":\"rate_limit_exceeded\""));
  const double wait = static_cast<double>(given - kTokens + 1) * kSpacing;
  const double told = std::stod(last.Header("Retry-After").value_or("0"));
  EXPECT_LE(told, std::ceil(wait));
  EXPECT_GE(told, wait - took.count());
}

TEST_F(MeteringTest, TokensComeBackWithTimeAndWithNewTerms) {
  const std::string key = NewKey("brief", {"--tokens", "2000/1s", "--token-burst", "1000"});
  EXPECT_EQ(With(key, "POST", kChat + Using(12'000, 6000), kBody).status, 200);
  // 17,001 tokens are missing, half a millisecond each.
  ASSERT_TRUE(Eventually([&] { return Metered().answers() == 1; }));
  const HttpAnswer refused = With(key, "POST", kChat, kBody);
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.Header("Retry-After").value_or("").size(), 1u);
  EXPECT_TRUE(
      Eventually([&] { return With(key, "POST", kChat + Using(1, 1), kBody).status == 200; }));

  const std::string huge = kChat + Using(900'000'000, 0);
  EXPECT_TRUE(Eventually([&] { return With(key, "POST", huge, kBody).status == 200; }));
  EXPECT_TRUE(Eventually([&] { return With(key, "GET", "/p/demo/models").status == 429; }));
  ASSERT_TRUE(stack_->Ctl({"key", "update", "brief", "--no-limits", "--wait"}).ok());
  EXPECT_EQ(With(key, "GET", "/p/demo/models").status, 200);
  // With other terms no debt is longer than a burst of theirs.
  ASSERT_TRUE(stack_->Ctl({"key", "update", "brief", "--tokens", "10/1s", "--wait"}).ok());
  EXPECT_TRUE(Eventually([&] { return With(key, "GET", "/p/demo/models").status == 200; }));
}

// A refusal for tokens takes none of the requests that a key may make.
TEST_F(MeteringTest, ARefusalForTokensIsNotARequest) {
  const std::string key = NewKey("both", {"--tokens", "10/10h", "--rate", "3/10h"});
  EXPECT_EQ(With(key, "POST", kChat + Using(10, 10), kBody).status, 200);
  ASSERT_TRUE(Eventually([&] { return Metered().answers() == 1; }));
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(With(key, "GET", "/p/demo/models").body, HasSubstr("limit of tokens"));
  }
  ASSERT_TRUE(stack_->Ctl({"key", "update", "both", "--tokens", "1000/1s", "--wait"}).ok());
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(Eventually([&] { return With(key, "GET", "/p/demo/models").status == 200; }));
  }
  EXPECT_THAT(With(key, "GET", "/p/demo/models").body, HasSubstr("limit of requests"));
}

TEST_F(MeteringTest, EventsOfAMegabyteLeaveMemoryFlat) {
  const auto ask = [&](int events) {
    const MeteredTokens before = Metered();
    EXPECT_EQ(
        Post(kChat + Using(5, 6) + "&emu.event_bytes=1000000&emu.events=" + std::to_string(events),
             kStream)
            .status,
        200);
    EXPECT_EQ(Since(before, 1), (MeteredTokens{5, 6, 1, 0, 0, 0}));
  };
  for (int i = 0; i < 6; ++i) ask(4);  // warm: what the process needs anyway
  const uint64_t before = stack_->dataplane().process().RssBytes();
  ask(48);
  const uint64_t after = stack_->dataplane().process().RssBytes();
  // Sanitizers keep memory, so there the test only proves that the answer stayed out.
#if defined(__SANITIZE_ADDRESS__) || defined(SLUICE_TSAN)
  constexpr uint64_t kMost = 24u << 20;
#else
  constexpr uint64_t kMost = 2u << 20;
#endif
  EXPECT_LE(after, before + kMost);
}

}  // namespace
}  // namespace sluice::test
