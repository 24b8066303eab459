#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/emulator/sha256_stream.h"
#include "tests/unit/support/emulator_fixture.h"

namespace sluice::test {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

class EmulatorShapes : public EmulatorTest {};

constexpr char kText[] = "Hello from the emulator (model m1, base /v1, key …abcd)";

TEST_F(EmulatorShapes, OpenAiChatNamesModelBaseAndKey) {
  const HttpAnswer answer = Post("/v1/chat/completions", R"({"model":"m1"})", {bearer_});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(Json(answer)["choices"][0]["message"]["content"], kText);
  EXPECT_EQ(Json(answer)["usage"]["total_tokens"], 21);
  const HttpAnswer other = Post("/openai/v1/chat/completions", R"({"model":"m2"})",
                                {"Authorization: Bearer sk-emulator-wxyz"});
  EXPECT_EQ(Json(other)["choices"][0]["message"]["content"],
            "Hello from the emulator (model m2, base /openai/v1, key …wxyz)");
}

TEST_F(EmulatorShapes, OpenAiChatStreamJoinsToTheSameText) {
  const HttpAnswer answer =
      Post("/v1/chat/completions",
           R"({"model":"m1","stream":true,"stream_options":{"include_usage":true}})", {bearer_});
  EXPECT_THAT(*answer.Header("Content-Type"), HasSubstr("text/event-stream"));
  const auto events = Events(answer.body);
  ASSERT_EQ(events.size(), 1u + 10 + 1 + 1 + 1);
  std::string text;
  for (size_t i = 0; i < 11; ++i) {
    text += nlohmann::json::parse(events[i])["choices"][0]["delta"]["content"].get<std::string>();
  }
  EXPECT_EQ(text, kText);
  EXPECT_EQ(nlohmann::json::parse(events[11])["choices"][0]["finish_reason"], "stop");
  EXPECT_EQ(nlohmann::json::parse(events[12])["usage"]["completion_tokens"], 10);
  EXPECT_EQ(events[13], "[DONE]");
}

TEST_F(EmulatorShapes, UsageIsStreamedOnlyWhenAskedFor) {
  const HttpAnswer answer =
      Post("/v1/chat/completions", R"({"model":"m1","stream":true})", {bearer_});
  EXPECT_THAT(answer.body, Not(HasSubstr("usage")));
}

TEST_F(EmulatorShapes, ResponsesCarryUsageInTheirLastEvent) {
  const HttpAnswer answer = Post("/v1/responses", R"({"model":"m1","stream":true})", {bearer_});
  const auto events = Events(answer.body);
  const auto last = nlohmann::json::parse(events.back());
  EXPECT_EQ(last["type"], "response.completed");
  EXPECT_EQ(last["response"]["usage"]["output_tokens"], 10);
  EXPECT_EQ(last["response"]["output"][0]["content"][0]["text"], kText);
  EXPECT_THAT(answer.body, HasSubstr("event: response.output_text.delta\n"));
}

TEST_F(EmulatorShapes, AnthropicStreamHasItsEventsInOrder) {
  const HttpAnswer answer =
      Post("/v1/messages?emu.events=2", R"({"model":"m1","stream":true})", {x_api_key_});
  std::vector<std::string> types;
  for (const std::string& event : Events(answer.body))
    types.push_back(nlohmann::json::parse(event)["type"]);
  EXPECT_THAT(types, ElementsAre("message_start", "content_block_start", "ping",
                                 "content_block_delta", "content_block_delta", "content_block_stop",
                                 "message_delta", "message_stop"));
  const HttpAnswer plain = Post("/anthropic/v1/messages", R"({"model":"m1"})", {x_api_key_});
  EXPECT_THAT(Json(plain)["content"][0]["text"], HasSubstr("base /anthropic/v1,"));
  EXPECT_EQ(Json(plain)["usage"]["input_tokens"], 11);
}

TEST_F(EmulatorShapes, GeminiStreamsAsEventsOrAsOneArray) {
  const std::string key = "x-goog-api-key: sk-emulator-abcd";
  const std::string path = "/v1beta/models/g:streamGenerateContent";
  const auto events = Events(Post(path + "?alt=sse&emu.events=3", "{}", {key}).body);
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(nlohmann::json::parse(events[2])["usageMetadata"]["candidatesTokenCount"], 3);
  const auto array = Json(Post(path + "?emu.events=3", "{}", {key}));
  ASSERT_EQ(array.size(), 3u);
  EXPECT_EQ(array[2]["candidates"][0]["finishReason"], "STOP");
  EXPECT_FALSE(array[1]["candidates"][0].contains("finishReason"));
  EXPECT_EQ(Json(Post(path + "?emu.events=0", "{}", {key})), nlohmann::json::array());
}

TEST_F(EmulatorShapes, OllamaStreamsLinesUnlessToldOtherwise) {
  const HttpAnswer streamed = Post("/api/chat?emu.events=2", R"({"model":"l"})");
  EXPECT_EQ(std::count(streamed.body.begin(), streamed.body.end(), '\n'), 3);
  EXPECT_THAT(streamed.body, HasSubstr(R"("eval_count":2)"));
  EXPECT_TRUE(Json(Post("/api/generate", R"({"model":"l","stream":false})"))["done"]);
}

TEST_F(EmulatorShapes, ProviderPeculiarities) {
  const std::string body = R"({"model":"m","stream":true})";
  EXPECT_THAT(Post("/as/groq/openai/v1/chat/completions", body, {bearer_}).body,
              HasSubstr(R"("x_groq":{"id")"));
  EXPECT_THAT(Post("/as/openrouter/api/v1/chat/completions", body, {bearer_}).body,
              ::testing::StartsWith(": OPENROUTER PROCESSING\n\n"));
  const HttpAnswer xai = Post("/as/xai/v1/chat/completions", R"({"model":"m"})", {bearer_});
  EXPECT_TRUE(Json(xai)["usage"].contains("cost_in_usd_ticks"));
}

TEST_F(EmulatorShapes, UploadedFormFileComesBackByteForByte) {
  std::string content = "\r\n--B\r\n--BOUNDAR";  // looks like a boundary, and is none
  for (int i = 0; i < 70000; ++i) content.push_back(static_cast<char>(i * 7));
  const std::string form =
      "--BOUNDARY\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n"
      "--BOUNDARY\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n"
      "Content-Type: application/x-test\r\n\r\n" +
      content + "\r\n--BOUNDARY--\r\n";
  const HttpAnswer uploaded =
      Post("/v1/files", form, {bearer_, "Content-Type: multipart/form-data; boundary=BOUNDARY"});
  const auto file = Json(uploaded);
  EXPECT_EQ(file["bytes"], content.size());
  EXPECT_EQ(file["sha256"], emulator::Sha256Hex(content));
  EXPECT_EQ(file["purpose"], "batch");
  EXPECT_EQ(file["filename"], "a.bin");
  const std::string id = file["id"];
  const HttpAnswer back = Get("/v1/files/" + id + "/content", {bearer_});
  EXPECT_EQ(back.body, content);
  EXPECT_EQ(*back.Header("Content-Type"), "application/x-test");
  EXPECT_EQ(Json(Send("DELETE", "/v1/files/" + id, {bearer_}, ""))["deleted"], true);
  EXPECT_EQ(Get("/v1/files/" + id, {bearer_}).status, 404);
}

TEST_F(EmulatorShapes, GeminiResumableUploadInTwoParts) {
  const std::string key = "x-goog-api-key: sk-emulator-abcd";
  const HttpAnswer start =
      Post("/as/gemini/upload/v1beta/files", R"({"file":{"displayName":"n","mimeType":"text/x"}})",
           {key, "X-Goog-Upload-Protocol: resumable", "X-Goog-Upload-Command: start",
            "Host: example.test:1"});
  const std::string url = start.Header("X-Goog-Upload-URL").value_or("");
  const std::string origin = "http://example.test:1";
  ASSERT_TRUE(url.starts_with(origin + "/as/gemini/upload/v1beta/files?upload_id=")) << url;
  const std::string target = url.substr(origin.size());
  EXPECT_EQ(*Post(target, "first ", {key, "X-Goog-Upload-Command: upload"})
                 .Header("X-Goog-Upload-Status"),
            "active");
  const HttpAnswer done = Post(target, "second", {key, "X-Goog-Upload-Command: upload, finalize"});
  EXPECT_EQ(*done.Header("X-Goog-Upload-Status"), "final");
  EXPECT_EQ(Json(done)["file"]["sizeBytes"], "12");
  const std::string name = Json(done)["file"]["name"];
  EXPECT_EQ(Get("/as/gemini/v1beta/" + name + ":download?alt=media", {key}).body, "first second");
}

TEST_F(EmulatorShapes, SpeechHasEveryByteValue) {
  const HttpAnswer answer = Post("/v1/audio/speech", R"({"model":"t"})", {bearer_});
  std::vector<bool> seen(256);
  for (unsigned char c : answer.body) seen[c] = true;
  EXPECT_EQ(std::count(seen.begin(), seen.end(), true), 256);
}

TEST_F(EmulatorShapes, AFieldOfTheWrongTypeIsARefusal) {
  EXPECT_EQ(Post("/v1/chat/completions", R"({"model":"m","stream":"yes"})", {bearer_}).status, 400);
  EXPECT_EQ(Get("/v1/models", {bearer_}).status, 200);
}

struct AuthCase {
  std::string path;
  std::vector<std::string> headers;
};

class EmulatorAuth : public EmulatorTest {};

TEST_F(EmulatorAuth, EveryPresetTakesItsOwnCredential) {
  const std::string goog = "x-goog-api-key: sk-emulator-abcd";
  const std::vector<AuthCase> cases = {
      {"/as/openai/v1/models", {bearer_}},
      {"/as/anthropic/v1/models", {x_api_key_, "anthropic-version: 2023-06-01"}},
      {"/as/gemini/v1beta/models", {goog}},
      {"/as/groq/openai/v1/models", {bearer_}},
      {"/as/openrouter/api/v1/models", {bearer_}},
      {"/as/deepseek/models", {bearer_}},
      {"/as/zai/api/paas/v4/models", {bearer_}},
      {"/as/xai/v1/models", {bearer_}},
      {"/as/minimax/v1/models", {bearer_}},
      {"/as/xiaomi/v1/models", {bearer_}},
      {"/as/xiaomi/anthropic/v1/models", {x_api_key_}},
      {"/as/opencode-go/zen/go/v1/models", {bearer_, "x-opencode-session: s"}},
      {"/as/oracle/20231130/actions/v1/models", {bearer_}},
      {"/as/ollama/v1/models", {}},
      {"/as/bailian/compatible-mode/v1/models", {bearer_}},
  };
  for (const AuthCase& good : cases) {
    EXPECT_EQ(Get(good.path, good.headers).status, 200) << good.path;
    EXPECT_EQ(Get(good.path, {"Authorization: Basic c2s="}).status, 401) << good.path;
    std::vector<std::string> twice = good.headers;
    twice.push_back("api-key: sk-emulator-abcd");
    EXPECT_EQ(Get(good.path, twice).status, 401) << good.path;
    EXPECT_EQ(Get(good.path + "?key=x", good.headers).status, 401) << good.path;
    if (good.headers.empty()) continue;
    EXPECT_EQ(Get(good.path).status, 401) << good.path;
  }
}

TEST_F(EmulatorAuth, RefusalsComeInTheShapeOfTheProviderAndAreFlagged) {
  const HttpAnswer anthropic = Get("/as/anthropic/v1/models", {x_api_key_});
  EXPECT_EQ(anthropic.status, 401);
  EXPECT_EQ(Json(anthropic)["error"]["type"], "authentication_error");
  EXPECT_EQ(emulator_->Requests("/as/anthropic")[0]["flags"],
            nlohmann::json::array({"missing_header"}));
  EXPECT_EQ(Json(Get("/as/gemini/v1beta/models"))["error"]["status"], "UNAUTHENTICATED");
  EXPECT_EQ(Json(Get("/as/openai/v1/models"))["error"]["code"], "invalid_api_key");
}

TEST_F(EmulatorAuth, AForeignBasePathAndAGatewayKeyAreSeen) {
  EXPECT_EQ(Get("/as/zai/v1/models", {bearer_}).status, 404);
  EXPECT_EQ(emulator_->Requests("/as/zai")[0]["flags"], nlohmann::json::array({"wrong_path"}));
  Get("/v1/models", {bearer_, "X-Other: slk_abcdef"});
  EXPECT_EQ(emulator_->Requests("/v1/models").back()["flags"],
            nlohmann::json::array({"gateway_credential_leaked"}));
}

TEST_F(EmulatorAuth, TheControlAsInsistsOnAPresetWithoutItsPath) {
  const std::string body = R"({"model":"m"})";
  const std::string path = "/api/anthropic/v1/messages";
  const HttpAnswer below = Post("/as/zai" + path, body, {bearer_});
  EXPECT_EQ(below.status, 200);
  EXPECT_EQ(Post(path, body, {bearer_, "X-Emulator-As: zai"}).body, below.body);
  EXPECT_EQ(Post(path + "?emu.as=zai", body, {x_api_key_}).status, 401);
  EXPECT_EQ(Post("/v1/messages?emu.as=zai", body, {bearer_}).status, 404);
  EXPECT_EQ(emulator_->Requests("emu.as").back()["preset"], "zai");
}

TEST_F(EmulatorAuth, ElsewhereAnyAcceptedKeyInAnyPlace) {
  EXPECT_EQ(Get("/v1/models", {bearer_}).status, 200);
  EXPECT_EQ(Get("/v1/models", {x_api_key_}).status, 200);
  EXPECT_EQ(Get("/v1beta/models?key=sk-emulator-1").status, 200);
  EXPECT_EQ(Get("/v1/models").status, 401);
  EXPECT_EQ(Get("/v1/models", {"Authorization: Bearer sk-real"}).status, 401);
}

TEST_F(EmulatorAuth, GivenKeysReplaceTheDefault) {
  const TempFolder folder;
  auto other = EmulatorProcess::Start(folder.path(), {"--key", "k-one", "--key", "k-two"});
  ASSERT_TRUE(other.ok()) << other.status();
  const auto status = [&](const std::string& key) {
    const auto answer =
        Fetch((*other)->port(), "GET", "/v1/models", {"Authorization: Bearer " + key});
    return answer.ok() ? answer->status : 0;
  };
  EXPECT_EQ(status("k-two"), 200);
  EXPECT_EQ(status("sk-emulator-abcd"), 401);
}

}  // namespace
}  // namespace sluice::test
