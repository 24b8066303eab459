// The presets that speak OpenAI's language and nothing else.
#include <gmock/gmock.h>

#include "tests/integration/presets/preset_fixture.h"

namespace sluice::test {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(PresetTest, OpenAi) {
  ProveOpenAi(
      "openai", "/v1",
      {"OpenAI-Organization: org-1", "OpenAI-Project: proj-1", "OpenAI-Beta: assistants=v2"});
  const std::string response = R"({"model":"m-1","input":"hello"})";
  Prove({"openai", "responses", "/v1/responses", response});
  Prove({"openai", "v1/responses", "/v1/responses", R"({"model":"m-1","input":"","stream":true})"});
  Prove({"openai", "embeddings", "/v1/embeddings", R"({"model":"m-1","input":["a","b"]})"});
  const Proof speech = Prove({"openai", "audio/speech", "/v1/audio/speech", response});
  EXPECT_EQ(speech.answer.Header("Content-Type"), "audio/mpeg");
}

// Usage comes in x_groq, whether it was asked for or not.
TEST_F(PresetTest, Groq) {
  EXPECT_THAT(ProveOpenAi("groq", "/openai/v1").answer.body, HasSubstr(R"("x_groq":{)"));
  // Its own SDKs write the whole path.
  const std::string path = "openai/v1/chat/completions";
  for (const std::string body : {kChat, kChatStream}) Prove({"groq", path, "/" + path, body});
}

TEST_F(PresetTest, OpenRouter) {
  const Proof stream =
      ProveOpenAi("openrouter", "/api/v1", {"HTTP-Referer: https://example.com", "X-Title: Ex"});
  EXPECT_THAT(stream.answer.body, StartsWith(": OPENROUTER PROCESSING\n\ndata: {"));
  EXPECT_THAT(stream.answer.body, HasSubstr(R"("cost":)"));
}

TEST_F(PresetTest, XAi) {
  EXPECT_THAT(ProveOpenAi("xai", "/v1").answer.body, HasSubstr(R"("cost_in_usd_ticks":)"));
}

// Its keep-alive comment stands before the first chunk; Anthropic's language is below the base URL.
TEST_F(PresetTest, DeepSeek) {
  const Proof stream = ProveOpenAi("deepseek", "");
  EXPECT_THAT(stream.answer.body, StartsWith(": keep-alive\n\ndata: {"));
  Prove({"deepseek", "beta/chat/completions", "/beta/chat/completions", kChat});
  Prove({"deepseek", "anthropic/v1/messages", "/anthropic/v1/messages", kMessage});
  const Proof message =
      Prove({"deepseek", "anthropic/v1/messages", "/anthropic/v1/messages", kMessageStream});
  EXPECT_THAT(message.answer.body, StartsWith("event: message_start\n"));
}

TEST_F(PresetTest, Oracle) {
  ProveOpenAi("oracle", "/20231130/actions/v1");
  const CtlResult without =
      stack().Ctl({"provider", "create", "oracle-nowhere", "--preset", "oracle"});
  EXPECT_NE(without.exit_code, 0);
  EXPECT_THAT(without.err, HasSubstr("base_url is required with preset \"oracle\""));
}

}  // namespace
}  // namespace sluice::test
