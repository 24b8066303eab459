#include "tests/integration/presets/preset_fixture.h"

#include <gmock/gmock.h>

#include "absl/strings/escaping.h"

namespace sluice::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kCredentialHeaders[] = {"Authorization", "x-api-key", "api-key",
                                              "x-goog-api-key", "Proxy-Authorization"};

std::string AuthValue(const std::string& header, const std::string& key) {
  return header == "Authorization" ? "Bearer " + key : key;
}

std::string RequestIdOf(const HttpAnswer& answer) {
  return answer.Header("x-request-id").value_or(answer.Header("request-id").value_or(""));
}

// The fields that do not differ between two answers to one question.
std::vector<std::string> SteadyFields(const HttpAnswer& answer) {
  std::vector<std::string> fields;
  for (const auto& [name, value] : answer.headers) {
    if (name == "x-request-id" || name == "request-id" || name == "X-Sluice-Request-Id") continue;
    fields.push_back(name + ": " + value);
  }
  return fields;
}

std::string ReceivedBody(const nlohmann::json& record) {
  std::string bytes;
  absl::Base64Unescape(record["body"]["raw_base64"].get<std::string>(), &bytes);
  return bytes;
}

std::vector<std::string> Joined(std::vector<std::string> fields,
                                const std::vector<std::string>& more) {
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

HttpAnswer MustFetch(uint16_t port, const std::string& method, const std::string& target,
                     const std::vector<std::string>& headers, const std::string& body) {
  auto answer = Fetch(port, method, target, headers, body);
  EXPECT_TRUE(answer.ok()) << method << " " << target << ": " << answer.status();
  return answer.ok() ? *std::move(answer) : HttpAnswer();
}

void ExpectOnlyTheProvidersKey(const nlohmann::json& record, const Call& call,
                               const std::string& provider_key, const std::string& client_key) {
  for (const std::string header : kCredentialHeaders) {
    const auto values = EmulatorProcess::HeaderValues(record, header);
    if (header == call.auth) {
      EXPECT_THAT(values, ElementsAre(AuthValue(header, provider_key)));
    } else {
      EXPECT_THAT(values, IsEmpty()) << header;
    }
  }
  const std::string head = EmulatorProcess::RawHead(record);
  EXPECT_THAT(head, Not(HasSubstr(client_key)));
  EXPECT_THAT(head, Not(HasSubstr("slk_")));
}

void ExpectHeaders(const nlohmann::json& record, const std::vector<std::string>& fields) {
  const std::string head = EmulatorProcess::RawHead(record);
  for (const std::string& field : fields) {
    EXPECT_THAT(head, HasSubstr("\r\n" + field + "\r\n"));
    const std::string name = field.substr(0, field.find(':'));
    EXPECT_EQ(EmulatorProcess::HeaderValues(record, name).size(), 1u) << name;
  }
}

void ExpectSameAnswer(const HttpAnswer& through, const HttpAnswer& direct,
                      const nlohmann::json& record) {
  EXPECT_EQ(through.status, direct.status);
  EXPECT_EQ(through.reason, direct.reason);
  EXPECT_EQ(SteadyFields(through), SteadyFields(direct));
  EXPECT_EQ(through.body, direct.body);
  EXPECT_EQ(record["answer"]["bytes"], through.body.size());
  EXPECT_EQ(record["answer"]["end"], "whole");
}

}  // namespace

const std::vector<PresetSample>& PresetSamples() {
  static const auto& samples = *new std::vector<PresetSample>{
      {"openai", "/v1"},
      {"anthropic", "/v1"},
      {"gemini", "/v1beta"},
      {"groq", "/openai/v1"},
      {"openrouter", "/api/v1"},
      {"deepseek", ""},
      {"zai", "/api/paas/v4"},
      {"xai", "/v1"},
      {"minimax", "/v1"},
      {"xiaomi", "/v1"},
      {"opencode-go", "/zen/go/v1"},
      {"oracle", "/20231130/actions/v1"},
      {"ollama", "/v1"},
      {"bailian", "/compatible-mode/v1"},
  };
  return samples;
}

void PresetTest::SetUpTestSuite() {
  SharedStackTest::SetUpTestSuite();
  if (HasFatalFailure()) return;
  for (const PresetSample& preset : PresetSamples()) Create(preset, preset.name, emulator());
}

// A root rule leads away from the base URL's path, so the preset whose auth is insisted on is told
// by a header of the instance and not by the path.
void PresetTest::Create(const PresetSample& preset, const std::string& instance,
                        const EmulatorProcess& provider) {
  const std::string as =
      R"(request_headers={"set":[{"name":"X-Emulator-As","value":")" + preset.name + R"("}]})";
  const CtlResult created =
      stack().Ctl({"provider", "create", instance, "--preset", preset.name, "--base-url",
                   provider.url() + preset.base_path, "--set", as});
  ASSERT_TRUE(created.ok()) << created.err;
  const CtlResult added = stack().Ctl(
      {"provider-key", "add", instance, "--name", "main", "-", "--wait"}, ProviderKey(instance));
  ASSERT_TRUE(added.ok()) << added.err;
}

Proof PresetTest::Prove(const Call& call, const EmulatorProcess& provider) {
  const std::string instance = call.instance.empty() ? call.preset : call.instance;
  const std::string method = call.body.empty() ? "GET" : "POST";
  const std::string endpoint = "/p/" + instance + "/" + call.endpoint;
  SCOPED_TRACE(method + " " + endpoint + call.query);
  const std::vector<std::string> everywhere = {Stack::Bearer(key()), "x-api-key: " + key(),
                                               "api-key: " + key(), "x-goog-api-key: " + key()};
  const std::string target =
      endpoint + call.query + (call.query.empty() ? "?" : "&") + "key=" + key();

  Proof proof;
  proof.answer =
      MustFetch(stack().port(), method, target, Joined(everywhere, call.headers), call.body);
  proof.record = RecordOf(proof.answer, provider);
  if (proof.record.is_null()) return proof;
  EXPECT_EQ(proof.answer.status, 200) << proof.answer.body;
  EXPECT_EQ(proof.record["preset"], call.preset);
  EXPECT_THAT(proof.record["flags"], IsEmpty());
  EXPECT_EQ(proof.record["method"], method);
  EXPECT_EQ(proof.record["target"], call.path + call.query);
  EXPECT_EQ(proof.record["body"]["framing"], call.body.empty() ? "none" : "content-length");
  EXPECT_EQ(ReceivedBody(proof.record), call.body);
  ExpectOnlyTheProvidersKey(proof.record, call, ProviderKey(instance), key());
  ExpectHeaders(proof.record, Joined(call.headers, call.default_headers));

  const auto sent = Joined(Joined(call.headers, call.default_headers),
                           {call.auth + ": " + AuthValue(call.auth, ProviderKey(instance))});
  const HttpAnswer direct = MustFetch(
      provider.port(), method, "/as/" + call.preset + call.path + call.query, sent, call.body);
  ExpectSameAnswer(proof.answer, direct, proof.record);
  return proof;
}

Proof PresetTest::ProveOpenAi(const std::string& preset, const std::string& base_path,
                              const std::vector<std::string>& headers) {
  Call call{preset, "models", base_path + "/models", ""};
  call.headers = headers;
  Prove(call);
  call.path = base_path + "/chat/completions";
  call.body = kChat;
  Proof proof;
  for (const std::string body : {kChat, kChatStream}) {
    for (const std::string endpoint : {"chat/completions", "v1/chat/completions"}) {
      call.body = body;
      call.endpoint = endpoint;
      proof = Prove(call);
      const bool streamed = proof.answer.Header("Transfer-Encoding") == "chunked";
      EXPECT_EQ(streamed, body == kChatStream);
      EXPECT_THAT(proof.answer.body, HasSubstr(base_path));
    }
  }
  EXPECT_THAT(proof.answer.body, ::testing::EndsWith("data: [DONE]\n\n"));
  return proof;
}

HttpAnswer PresetTest::Ask(const std::string& method, const std::string& target,
                           const std::string& body, std::vector<std::string> headers) {
  headers.push_back(Stack::Bearer(key()));
  return MustFetch(stack().port(), method, target, headers, body);
}

nlohmann::json PresetTest::RecordOf(const HttpAnswer& answer, const EmulatorProcess& provider) {
  constexpr std::string_view kPrefix = "emu-";
  const std::string id = RequestIdOf(answer);
  if (!id.starts_with(kPrefix)) {
    ADD_FAILURE() << "the emulator did not answer this: " << answer.raw_head << answer.body;
    return nullptr;
  }
  return provider.Page("/emulator/requests/" + id.substr(kPrefix.size()));
}

}  // namespace sluice::test
