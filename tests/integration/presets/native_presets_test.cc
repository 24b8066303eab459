// The presets with paths, headers or credentials of their own.
#include <gmock/gmock.h>

#include "tests/integration/presets/preset_fixture.h"

namespace sluice::test {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr const char* kOllamaChat = R"({"model":"m-1","messages":[]})";
constexpr const char* kDashScope = R"({"model":"m-1","input":{"messages":[]}})";

// Messages in Anthropic's language, plain and streamed, below a folder of another provider.
Call Messages(const std::string& preset, const std::string& path, const std::string& auth) {
  Call call{preset, "anthropic/v1/messages", path + "/v1/messages", kMessage};
  call.auth = auth;
  return call;
}

TEST_F(PresetTest, Anthropic) {
  Call call{"anthropic", "models", "/v1/models", "", "x-api-key"};
  call.default_headers = {"anthropic-version: 2023-06-01"};
  Prove(call);
  call.path = "/v1/messages";
  for (const std::string endpoint : {"messages", "v1/messages"}) {
    for (const std::string body : {kMessage, kMessageStream}) {
      call.endpoint = endpoint;
      call.body = body;
      const Proof proof = Prove(call);
      EXPECT_EQ(proof.answer.Header("anthropic-organization-id"), "org-emulator");
      EXPECT_EQ(proof.answer.body.starts_with("event: message_start\n"), body == kMessageStream);
    }
  }
  call.endpoint = "v1/messages/count_tokens";
  call.path = "/v1/messages/count_tokens";
  call.body = kMessage;
  Prove(call);
}

TEST_F(PresetTest, AnthropicKeepsTheVersionAndTheBetasOfTheClient) {
  Call call{"anthropic", "v1/messages", "/v1/messages", kMessage, "x-api-key"};
  call.headers = {"Anthropic-Version: 2024-10-22", "anthropic-beta: context-1m-2025-08-07,files"};
  Prove(call);
}

TEST_F(PresetTest, Gemini) {
  const std::string body = R"({"contents":[{"parts":[{"text":"hello"}]}]})";
  Call call{"gemini", "", "", body, "x-goog-api-key"};
  for (const std::string version : {"v1beta", "v1alpha"}) {
    call.endpoint = version + "/models/x:generateContent";
    call.path = "/" + call.endpoint;
    EXPECT_THAT(Prove(call).answer.body, HasSubstr("base /as/gemini/" + version));
  }
  // The base URL ends in v1beta, and v1/ is Sluice's alias and not the provider's version.
  for (const std::string endpoint : {"models/x:countTokens", "v1/models/x:countTokens"}) {
    call.endpoint = endpoint;
    call.path = "/v1beta/models/x:countTokens";
    Prove(call);
  }
  call.endpoint = "v1beta/models/x:streamGenerateContent";
  call.path = "/v1beta/models/x:streamGenerateContent";
  const Proof array = Prove(call);
  EXPECT_THAT(array.answer.body, StartsWith("[{"));
  EXPECT_THAT(array.answer.body, EndsWith("]\n"));
  call.query = "?alt=sse";
  EXPECT_THAT(Prove(call).answer.body, StartsWith("data: {"));
  Prove({"gemini", "v1beta/models", "/v1beta/models", "", "x-goog-api-key"});
}

TEST_F(PresetTest, GeminiInOpenAisLanguage) {
  for (const std::string endpoint : {"openai/", "v1/openai/", "v1beta/openai/"}) {
    for (const char* body : {kChat, kChatStream}) {
      Prove({"gemini", endpoint + "chat/completions", "/v1beta/openai/chat/completions", body,
             "x-goog-api-key"});
    }
  }
}

// The provider itself would read ?key=, so whatever stands there is removed.
TEST_F(PresetTest, GeminiTakesNoKeyFromTheQuery) {
  const HttpAnswer answer = Ask("GET", "/p/gemini/v1beta/models?pageSize=3&key=AIzaForeign&b=&b=");
  EXPECT_EQ(answer.status, 200) << answer.body;
  const auto record = RecordOf(answer, emulator());
  EXPECT_EQ(record["target"], "/v1beta/models?pageSize=3&b=&b=");
  EXPECT_THAT(record["flags"], IsEmpty());
}

TEST_F(PresetTest, GeminiUploadsAndDownloads) {
  const HttpAnswer start =
      Ask("POST", "/p/gemini/upload/v1beta/files", R"({"file":{"mimeType":"text/plain"}})",
          {"X-Goog-Upload-Protocol: resumable", "X-Goog-Upload-Command: start"});
  EXPECT_EQ(RecordOf(start, emulator())["target"], "/upload/v1beta/files");
  const std::string second = start.Header("X-Goog-Upload-URL").value_or("");
  // Ask() says Host: 127.0.0.1, and that is where this client finds the gateway.
  const std::string here = "http://127.0.0.1";
  ASSERT_THAT(second, StartsWith(here + "/p/gemini/upload/v1beta/files?upload_id="));
  EXPECT_EQ(start.Header("X-Goog-Upload-Control-URL"), second);
  const HttpAnswer end =
      Ask("POST", second.substr(here.size()), "content",
          {"X-Goog-Upload-Command: upload, finalize", "X-Goog-Upload-Offset: 0"});
  ASSERT_EQ(end.status, 200) << end.body;
  EXPECT_EQ(EmulatorProcess::HeaderValues(RecordOf(end, emulator()), "x-goog-api-key"),
            std::vector<std::string>{ProviderKey("gemini")});
  const std::string name = nlohmann::json::parse(end.body)["file"]["name"];
  Call call{"gemini", "download/v1beta/" + name + ":download", "", "", "x-goog-api-key"};
  call.path = "/" + call.endpoint;
  call.query = "?alt=media";
  EXPECT_EQ(Prove(call).answer.body, "content");
}

TEST_F(PresetTest, ZAi) {
  ProveOpenAi("zai", "/api/paas/v4");
  Prove({"zai", "coding/paas/v4/chat/completions", "/api/coding/paas/v4/chat/completions", kChat});
  Call call = Messages("zai", "/api/anthropic", "Authorization");
  Prove(call);
  call.body = kMessageStream;
  Prove(call);
}

TEST_F(PresetTest, MiniMax) {
  ProveOpenAi("minimax", "/v1");
  // It reports errors with status 200, in the body.
  const Proof plain = Prove({"minimax", "chat/completions", "/v1/chat/completions", kChat});
  EXPECT_THAT(plain.answer.body, HasSubstr(R"("base_resp":{"status_code":0)"));
  Call call = Messages("minimax", "/anthropic", "Authorization");
  Prove(call);
  call.body = kMessageStream;
  Prove(call);
}

TEST_F(PresetTest, Xiaomi) {
  ProveOpenAi("xiaomi", "/v1");
  Call call = Messages("xiaomi", "/anthropic", "x-api-key");
  Prove(call);
  call.body = kMessageStream;
  Prove(call);
}

TEST_F(PresetTest, OpenCodeGo) {
  const std::string session = "x-opencode-session: mine";
  ProveOpenAi("opencode-go", "/zen/go/v1", {session});
  Call call{"opencode-go", "messages", "/zen/go/v1/messages", kMessage, "x-api-key"};
  call.headers = {session};
  Prove(call);
  call.endpoint = "v1/messages";
  call.body = kMessageStream;
  Prove(call);
}

// One session for a client key, another for another; the client's own wins.
TEST_F(PresetTest, OpenCodeGoHasADefaultSession) {
  const auto other = stack().AddClientKey("another-application");
  ASSERT_TRUE(other.ok()) << other.status();
  const auto session_of = [&](const std::string& client_key) {
    const auto answer = Fetch(stack().port(), "POST", "/p/opencode-go/chat/completions",
                              {Stack::Bearer(client_key)}, kChat);
    EXPECT_TRUE(answer.ok() && answer->status == 200);
    const auto values =
        EmulatorProcess::HeaderValues(RecordOf(*answer, emulator()), "x-opencode-session");
    EXPECT_THAT(values, SizeIs(1));
    return values.empty() ? "" : values[0];
  };
  const std::string session = session_of(key());
  EXPECT_THAT(session, SizeIs(32));
  EXPECT_EQ(session_of(key()), session);
  EXPECT_NE(session_of(*other), session);
}

TEST_F(PresetTest, Ollama) {
  ProveOpenAi("ollama", "/v1");
  for (const std::string endpoint : {"api/chat", "v1/api/chat", "api/generate"}) {
    const std::string path = endpoint == "api/generate" ? "/api/generate" : "/api/chat";
    const Proof stream = Prove({"ollama", endpoint, path, kOllamaChat});
    EXPECT_EQ(stream.answer.Header("Content-Type"), "application/x-ndjson");
    EXPECT_EQ(stream.answer.Header("Transfer-Encoding"), "chunked");
    EXPECT_THAT(stream.answer.body, HasSubstr("\"done\":true"));
  }
  Prove({"ollama", "api/chat", "/api/chat", R"({"model":"m-1","stream":false,"messages":[]})"});
  Prove({"ollama", "api/tags", "/api/tags", ""});
  Prove({"ollama", "api/version", "/api/version", ""});
}

TEST_F(PresetTest, OllamaDeniesWhatChangesTheMachine) {
  const std::vector<std::string> denied = {
      "api/pull",  "api/push",           "api/create",   "api/copy",   "api/delete",
      "api/blobs", "api/blobs/sha256:1", "v1/api/pull",  "api%2Fpull", "api/pu%6Cl",
      "api//pull", "api/pull/",          "v1%2Fapi/pull"};
  for (const std::string& endpoint : denied) {
    for (const std::string method : {"POST", "DELETE", "HEAD"}) {
      const std::string target = "/p/ollama/" + endpoint;
      SCOPED_TRACE(method + " " + target);
      auto socket = RawSocket::Connect(stack().port());
      ASSERT_TRUE(socket.ok());
      ASSERT_TRUE(socket->SendAll(RequestText(method, target, {Stack::Bearer(key())})).ok());
      const auto answer = ReadAnswer(*socket, method);
      ASSERT_TRUE(answer.ok()) << answer.status();
      EXPECT_EQ(answer->status, 403);
      if (method != "HEAD") {
        EXPECT_THAT(answer->body, HasSubstr(R"("code":"permission_denied")"));
      }
    }
  }
  for (const std::string word : {"pull", "pu%6Cl", "push", "create", "copy", "delete", "blobs"}) {
    EXPECT_THAT(emulator().Requests(word), IsEmpty()) << word;
  }
}

TEST_F(PresetTest, OllamaNeedsNoKey) {
  const CtlResult created =
      stack().Ctl({"provider", "create", "ollama-open", "--preset", "ollama", "--base-url",
                   emulator().url() + "/v1", "--wait", "--set",
                   R"(request_headers={"set":[{"name":"X-Emulator-As","value":"ollama"}]})"});
  ASSERT_TRUE(created.ok()) << created.err;
  for (const std::string endpoint : {"api/chat", "chat/completions"}) {
    const HttpAnswer answer = Ask("POST", "/p/ollama-open/" + endpoint, kOllamaChat);
    EXPECT_EQ(answer.status, 200) << answer.body;
    const auto record = RecordOf(answer, emulator());
    EXPECT_THAT(EmulatorProcess::HeaderValues(record, "Authorization"), IsEmpty());
    EXPECT_THAT(record["flags"], IsEmpty());
  }
}

TEST_F(PresetTest, Bailian) {
  ProveOpenAi("bailian", "/compatible-mode/v1");
  const std::string service = "api/v1/services/aigc/text-generation/generation";
  Call call{"bailian", service, "/" + service, kDashScope};
  EXPECT_THAT(Prove(call).answer.body, StartsWith("{\"output\""));
  call.headers = {"X-DashScope-SSE: enable"};
  EXPECT_THAT(Prove(call).answer.body, StartsWith("id:1\nevent:result\n"));
}

}  // namespace
}  // namespace sluice::test
