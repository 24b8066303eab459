// Of each of the fourteen presets, plain and streamed, what the data plane has metered is what the
// emulator gave, to the token.
#include "tests/integration/presets/preset_fixture.h"
#include "tests/support/deadline.h"
#include "tests/support/stack/metered_tokens.h"

namespace sluice::test {
namespace {

constexpr const char* kOllamaChat = R"({"model":"m-1","messages":[]})";
constexpr const char* kOllamaPlain = R"({"model":"m-1","stream":false,"messages":[]})";
constexpr const char* kContents = R"({"contents":[{"parts":[{"text":"hello"}]}]})";
constexpr const char* kDashScope = R"({"model":"m-1","input":{"messages":[]}})";
constexpr const char* kResponse = R"({"model":"m-1","input":"hello"})";
constexpr const char* kResponseStream = R"({"model":"m-1","input":"hello","stream":true})";

class MeteringPresetsTest : public PresetTest {
 protected:
  static MeteredTokens Metered(const std::string& preset) {
    return MeteredOf(stack().dataplane().port("ops"), preset);
  }
  // Other numbers each time, so that none of them can be another's.
  void ExpectMetered(const std::string& preset, const std::string& endpoint,
                     const std::string& body, std::vector<std::string> headers = {}) {
    SCOPED_TRACE("/p/" + preset + "/" + endpoint + " " + body);
    const int64_t prompt = 1000 + 7 * ++calls_;
    const int64_t completion = 500 + 3 * calls_;
    headers.push_back("X-Emulator-Prompt-Tokens: " + std::to_string(prompt));
    headers.push_back("X-Emulator-Completion-Tokens: " + std::to_string(completion));
    const MeteredTokens before = Metered(preset);
    const HttpAnswer answer = Ask("POST", "/p/" + preset + "/" + endpoint, body, headers);
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_TRUE(Eventually([&] { return Metered(preset).answers() == before.answers() + 1; }));
    EXPECT_EQ(Metered(preset) - before, (MeteredTokens{prompt, completion, 1, 0, 0, 0}));
  }
  void ExpectOpenAi(const std::string& preset, const std::string& endpoint = "chat/completions") {
    for (const char* body : {kChat, kChatStream}) ExpectMetered(preset, endpoint, body);
  }
  void ExpectAnthropic(const std::string& preset, const std::string& endpoint) {
    for (const char* body : {kMessage, kMessageStream}) ExpectMetered(preset, endpoint, body);
  }

 private:
  int64_t calls_ = 0;
};

TEST_F(MeteringPresetsTest, ThoseThatSpeakAsOpenAiDoes) {
  for (const char* preset : {"openai", "groq", "openrouter", "deepseek", "zai", "xai", "minimax",
                             "xiaomi", "opencode-go", "oracle", "ollama", "bailian"}) {
    ExpectOpenAi(preset);
  }
  ExpectMetered("openai", "responses", kResponse);
  ExpectMetered("openai", "responses", kResponseStream);
}

TEST_F(MeteringPresetsTest, AnthropicAndWhoSpeaksLikeIt) {
  ExpectAnthropic("anthropic", "v1/messages");
  for (const char* preset : {"deepseek", "zai", "minimax", "xiaomi"}) {
    ExpectAnthropic(preset, "anthropic/v1/messages");
  }
  ExpectAnthropic("opencode-go", "messages");
}

TEST_F(MeteringPresetsTest, Gemini) {
  ExpectMetered("gemini", "v1beta/models/m-1:generateContent", kContents);
  ExpectMetered("gemini", "v1beta/models/m-1:streamGenerateContent?alt=sse", kContents);
  ExpectMetered("gemini", "models/m-1:streamGenerateContent", kContents);
  ExpectOpenAi("gemini", "openai/chat/completions");
  ExpectOpenAi("gemini", "v1beta/openai/chat/completions");
}

TEST_F(MeteringPresetsTest, NativeOllamaAndDashScope) {
  ExpectMetered("ollama", "api/chat", kOllamaChat);
  ExpectMetered("ollama", "api/chat", kOllamaPlain);
  ExpectMetered("ollama", "api/generate", R"({"model":"m-1","prompt":"hello"})");
  const std::string generation = "api/v1/services/aigc/text-generation/generation";
  ExpectMetered("bailian", generation, kDashScope);
  ExpectMetered("bailian", generation, kDashScope, {"X-DashScope-SSE: enable"});
}

}  // namespace
}  // namespace sluice::test
