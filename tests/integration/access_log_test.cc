// The access log of a real data plane: one line for each request, however it ended.
#include <gmock/gmock.h>
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "tests/integration/stack_test.h"
#include "tests/support/deadline.h"

namespace sluice::test {
namespace {

using nlohmann::json;

constexpr char kChat[] = "/p/demo/chat/completions";
constexpr char kBody[] = R"({"model":"gpt-5","messages":[]})";
constexpr char kStream[] = R"({"model":"gpt-5","stream":true,"messages":[]})";

class AccessLogTest : public StackTest {
 protected:
  StackOptions Options() override {
    StackOptions options;
    // One worker: what one request connected the next one uses.
    options.dataplane_args = {"--access-log", log(), "--workers", "1"};
    return options;
  }
  std::string log() const { return own_folder_.File("access.log"); }

  static std::vector<json> LinesOf(const std::string& path) {
    std::vector<json> lines;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
      lines.push_back(json::parse(line, nullptr, false));
      EXPECT_TRUE(lines.back().is_object()) << line;
    }
    return lines;
  }
  // The line of the request with that id, once it is there.
  json LineOf(const std::string& request_id) {
    json found;
    EXPECT_TRUE(Eventually([&] {
      for (const json& line : LinesOf(log())) {
        if (line.value("request_id", "") == request_id) found = line;
      }
      return found.is_object();
    })) << request_id;
    return found;
  }
  json LineOf(std::string_view method, const std::string& target, std::string_view body,
              const std::string& request_id, std::vector<std::string> headers = {}) {
    headers.push_back("X-Request-Id: " + request_id);
    headers.emplace_back("Content-Type: application/json");
    EXPECT_TRUE(Ask(method, target, body, headers).ok());
    return LineOf(request_id);
  }

  TempFolder own_folder_;
};

TEST_F(AccessLogTest, AnAnswerThatWentThrough) {
  const json line = LineOf(
      "POST", std::string(kChat) + "?emu.prompt_tokens=7&emu.completion_tokens=5", kBody, "whole");
  EXPECT_EQ(line.value("status", 0), 200);
  EXPECT_EQ(line.value("method", ""), "POST");
  EXPECT_EQ(line.value("path", ""), kChat) << "without the query";
  EXPECT_EQ(line.value("provider", ""), "demo");
  EXPECT_NE(line.value("provider_key", ""), "");
  EXPECT_NE(key_.find(line.value("client_key", "none")), std::string::npos);
  EXPECT_EQ(line.value("tries", 0), 1);
  EXPECT_EQ(line.value("bytes_up", 0u), sizeof kBody - 1);
  EXPECT_GT(line.value("bytes_down", 0), 0);
  EXPECT_GT(line.value("revision", 0), 0);
  EXPECT_EQ(line.value("quality", ""), "complete");
  EXPECT_EQ(line.value("input_tokens", 0), 7);
  EXPECT_EQ(line.value("output_tokens", 0), 5);
  EXPECT_FALSE(line.contains("side"));
  EXPECT_FALSE(line.contains("reason"));
  EXPECT_LE(line.value("admitted_us", -1), line.value("first_byte_us", -2));
  EXPECT_LE(line.value("first_byte_us", -1), line.value("total_us", -2));
}

TEST_F(AccessLogTest, ANewConnectionSaysWhatItTook) {
  json line = LineOf("POST", kChat, kBody, "first");
  EXPECT_GT(line.value("connect_us", 0), 0);
  EXPECT_LE(line.value("connect_us", -1), line.value("first_byte_us", -2));
  line = LineOf("POST", kChat, kBody, "second");
  EXPECT_EQ(line.value("status", 0), 200);
  EXPECT_FALSE(line.contains("connect_us")) << "it was used again";
}

TEST_F(AccessLogTest, WhereTheAnswerNamesNoModelTheRequestDoes) {
  const json line = LineOf("POST", std::string(kChat) + "?emu.body=%7B%7D", kBody, "unnamed");
  EXPECT_EQ(line.value("model", ""), "gpt-5");
  const json hidden = LineOf("POST", std::string(kChat) + "?emu.body=%7B%7D",
                             R"({"model":"slk_aaaabbbbcccc"})", "hidden");
  EXPECT_EQ(hidden.value("model", ""), "slk_...");
  const auto limited = stack_->AddClientKey("gpt-only", {"--models", "gpt-*"});
  ASSERT_TRUE(limited.ok());
  ASSERT_TRUE(
      Fetch(stack_->port(), "POST", std::string(kChat) + "?emu.body=%7B%7D",
            {Stack::Bearer(*limited), "X-Request-Id: limited", "Content-Type: application/json"},
            kBody)
          .ok());
  EXPECT_EQ(LineOf("limited").value("model", ""), "gpt-5");
}

TEST_F(AccessLogTest, WhatIsRefusedSaysWhyAndAsFarAsItIsKnownToWhom) {
  json line = LineOf("GET", "/p/none/models", "", "unknown-provider");
  EXPECT_EQ(line.value("status", 0), 400);
  EXPECT_EQ(line.value("side", ""), "downstream");
  EXPECT_NE(line.value("reason", ""), "");
  EXPECT_NE(line.value("client_key", ""), "");
  EXPECT_FALSE(line.contains("provider"));
  EXPECT_FALSE(line.contains("first_byte_us"));

  ASSERT_TRUE(Fetch(stack_->port(), "GET", "/p/demo/models",
                    {"Authorization: Bearer wrong", "X-Request-Id: wrong-key"})
                  .ok());
  line = LineOf("wrong-key");
  EXPECT_EQ(line.value("status", 0), 401);
  EXPECT_EQ(line.value("reason", ""), "invalid_api_key");
  EXPECT_FALSE(line.contains("client_key"));

  const auto limited = stack_->AddClientKey("limited", {"--rate", "1/10h"});
  ASSERT_TRUE(limited.ok());
  for (const char* id : {"first", "second"}) {
    ASSERT_TRUE(Fetch(stack_->port(), "GET", "/p/demo/models",
                      {Stack::Bearer(*limited), std::string("X-Request-Id: ") + id})
                    .ok());
  }
  EXPECT_EQ(LineOf("first").value("status", 0), 200);
  line = LineOf("second");
  EXPECT_EQ(line.value("status", 0), 429);
  EXPECT_EQ(line.value("reason", ""), "rate_limit_exceeded");
  EXPECT_EQ(line.value("provider", ""), "demo");
  EXPECT_NE(limited->find(line.value("client_key", "none")), std::string::npos);
}

TEST_F(AccessLogTest, WhatFailsSaysOnWhichSide) {
  json line = LineOf("POST", std::string(kChat) + "?emu.reset", kBody, "reset");
  EXPECT_EQ(line.value("status", 0), 502);
  EXPECT_EQ(line.value("side", ""), "upstream");
  EXPECT_NE(line.value("reason", ""), "");
  EXPECT_EQ(line.value("model", ""), "gpt-5") << "as the request names it";

  line = LineOf("POST", std::string(kChat) + "?emu.status=503", kBody, "theirs");
  EXPECT_EQ(line.value("model", ""), "gpt-5");
  EXPECT_EQ(line.value("status", 0), 503);
  EXPECT_FALSE(line.contains("side")) << "the provider's own answer went through";
  EXPECT_FALSE(line.contains("reason"));

  // A client that leaves in the middle of a stream.
  {
    auto socket = RawSocket::Connect(stack_->port());
    ASSERT_TRUE(socket.ok());
    ASSERT_TRUE(socket
                    ->SendAll(RequestText(
                        "POST", std::string(kChat) + "?emu.events=4&emu.hold_after=2&emu.hold=h",
                        {Stack::Bearer(key_), "X-Request-Id: left"}, kStream))
                    .ok());
    ASSERT_TRUE(socket->ReadUntil("data:").ok());
  }
  line = LineOf("left");
  EXPECT_EQ(line.value("status", 0), 200);
  EXPECT_EQ(line.value("side", ""), "downstream");
  EXPECT_NE(line.value("quality", ""), "complete");
  stack_->emulator().Release("h");
}

TEST_F(AccessLogTest, WhatIsNoHttpHasALineToo) {
  auto socket = RawSocket::Connect(stack_->port());
  ASSERT_TRUE(socket.ok());
  ASSERT_TRUE(socket->SendAll("this is no HTTP\r\n\r\n").ok());
  EXPECT_TRUE(Eventually([&] {
    for (const json& line : LinesOf(log())) {
      if (line.value("status", 0) == 400 && !line.contains("method")) return true;
    }
    return false;
  }));
}

TEST_F(AccessLogTest, AfterAHangUpLinesGoToANewFile) {
  LineOf("GET", "/p/demo/models", "", "before");
  std::filesystem::rename(log(), log() + ".1");
  kill(stack_->dataplane().process().pid(), SIGHUP);
  ASSERT_TRUE(Eventually([&] { return std::filesystem::exists(log()); }));
  LineOf("GET", "/p/demo/models", "", "after");
  EXPECT_EQ(LinesOf(log() + ".1").size(), 1u);
  EXPECT_EQ(Status(), 200) << "and nothing else happened";
}

}  // namespace
}  // namespace sluice::test
