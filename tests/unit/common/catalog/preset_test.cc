#include "common/catalog/preset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace sluice::catalog {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// What a row means, in short texts that can be compared.
std::vector<std::string> RootsOf(const Preset& preset) {
  std::vector<std::string> texts;
  for (const auto& rule : preset.roots) texts.push_back(rule.prefix() + " > " + rule.path());
  return texts;
}

std::vector<std::string> AuthOf(const Preset& preset) {
  std::vector<std::string> texts;
  for (const auto& rule : preset.auth) {
    texts.push_back(rule.prefix() + "|" + rule.header() + "|" + rule.scheme());
  }
  return texts;
}

UsageDialect DialectOf(const Preset& preset, std::string_view endpoint) {
  for (const UsageRule& rule : preset.usage) {
    if (endpoint.starts_with(rule.prefix)) return rule.dialect;
  }
  return UsageDialect::kNone;
}

struct Row {
  std::string name;
  std::string base_url;
  std::vector<std::string> auth;
  std::vector<std::string> roots;
};

const std::string kBearer = "|Authorization|Bearer";

TEST(Presets, AreTheDocumentedOnesInTheirOrder) {
  const Row kRows[] = {
      {"openai", "https://api.openai.com/v1", {kBearer}, {}},
      {"anthropic", "https://api.anthropic.com/v1", {"|x-api-key|"}, {}},
      {"gemini",
       "https://generativelanguage.googleapis.com/v1beta",
       {"|x-goog-api-key|"},
       {"v1beta/ > /v1beta/", "v1alpha/ > /v1alpha/", "upload/ > /upload/",
        "download/ > /download/"}},
      {"groq", "https://api.groq.com/openai/v1", {kBearer}, {"openai/v1/ > /openai/v1/"}},
      {"openrouter", "https://openrouter.ai/api/v1", {kBearer}, {}},
      {"deepseek", "https://api.deepseek.com", {kBearer}, {}},
      {"zai",
       "https://api.z.ai/api/paas/v4",
       {kBearer},
       {"anthropic/ > /api/anthropic/", "coding/ > /api/coding/"}},
      {"xai", "https://api.x.ai/v1", {kBearer}, {}},
      {"minimax", "https://api.minimax.io/v1", {kBearer}, {"anthropic/ > /anthropic/"}},
      {"xiaomi",
       "https://api.xiaomimimo.com/v1",
       {"anthropic/|x-api-key|", kBearer},
       {"anthropic/ > /anthropic/"}},
      {"opencode-go", "https://opencode.ai/zen/go/v1", {"messages|x-api-key|", kBearer}, {}},
      {"oracle", "", {kBearer}, {}},
      {"ollama", "http://localhost:11434/v1", {kBearer}, {"api/ > /api/"}},
      {"bailian",
       "https://dashscope.aliyuncs.com/compatible-mode/v1",
       {kBearer},
       {"api/v1/ > /api/v1/"}},
      {"vllm", "http://localhost:8000/v1", {kBearer}, {"root/ > /"}},
      {"azure", "", {"|api-key|"}, {}},
      {"custom", "", {kBearer}, {}},
  };
  ASSERT_EQ(Presets().size(), std::size(kRows));
  for (size_t i = 0; i < std::size(kRows); ++i) {
    const Preset& preset = Presets()[i];
    SCOPED_TRACE(kRows[i].name);
    EXPECT_EQ(preset.name, kRows[i].name);
    EXPECT_EQ(preset.base_url, kRows[i].base_url);
    EXPECT_EQ(AuthOf(preset), kRows[i].auth);
    EXPECT_EQ(RootsOf(preset), kRows[i].roots);
    EXPECT_FALSE(preset.title.empty());
    EXPECT_EQ(FindPreset(preset.name), &preset);
  }
  EXPECT_EQ(FindPreset(""), nullptr);
  EXPECT_EQ(FindPreset("OpenAI"), nullptr);
}

TEST(Presets, NameWhatIsSpecialOfAProvider) {
  for (const Preset& preset : Presets()) {
    SCOPED_TRACE(preset.name);
    const bool local = preset.name == "ollama" || preset.name == "vllm";
    EXPECT_EQ(preset.key_required, !local);
    EXPECT_EQ(preset.key_query_parameter, preset.name == "gemini" ? "key" : "");
    EXPECT_EQ(preset.session_header, preset.name == "opencode-go" ? "x-opencode-session" : "");
    EXPECT_EQ(preset.rewrite_response_headers.size(), preset.name == "gemini" ? 2u : 0u);
    EXPECT_EQ(preset.default_headers.size(), preset.name == "anthropic" ? 1u : 0u);
    EXPECT_EQ(preset.denied_endpoints.empty(), !local);
    const bool renamed = preset.name == "gemini" || preset.name == "xai" || preset.name == "azure";
    EXPECT_EQ(preset.telemetry_name.empty(), !renamed);
  }
  EXPECT_THAT(FindPreset("gemini")->rewrite_response_headers,
              ElementsAre("X-Goog-Upload-URL", "X-Goog-Upload-Control-URL"));
  const config::v1::HeaderField& version = FindPreset("anthropic")->default_headers.front();
  EXPECT_EQ(version.name() + ": " + version.value(), "anthropic-version: 2023-06-01");
  for (const std::string verb : {"api/pull", "api/push", "api/create", "api/copy", "api/delete",
                                 "api/blobs", "api/blobs/"}) {
    EXPECT_THAT(FindPreset("ollama")->denied_endpoints, Contains(verb));
  }
}

TEST(Presets, KnowWhereUsageIs) {
  struct Case {
    std::string_view preset;
    std::string_view endpoint;
    UsageDialect dialect;
  };
  const Case kCases[] = {
      {"openai", "chat/completions", UsageDialect::kOpenAi},
      {"anthropic", "messages", UsageDialect::kAnthropic},
      {"gemini", "models/x:generateContent", UsageDialect::kGemini},
      {"gemini", "openai/chat/completions", UsageDialect::kOpenAi},
      {"gemini", "v1beta/openai/chat/completions", UsageDialect::kOpenAi},
      {"gemini", "v1beta/models/x:generateContent", UsageDialect::kGemini},
      {"deepseek", "anthropic/v1/messages", UsageDialect::kAnthropic},
      {"deepseek", "chat/completions", UsageDialect::kOpenAi},
      {"zai", "anthropic/v1/messages", UsageDialect::kAnthropic},
      {"zai", "coding/paas/v4/chat/completions", UsageDialect::kOpenAi},
      {"minimax", "anthropic/v1/messages", UsageDialect::kAnthropic},
      {"xiaomi", "anthropic/v1/messages", UsageDialect::kAnthropic},
      {"opencode-go", "messages", UsageDialect::kAnthropic},
      {"opencode-go", "chat/completions", UsageDialect::kOpenAi},
      {"ollama", "api/chat", UsageDialect::kOllama},
      {"ollama", "chat/completions", UsageDialect::kOpenAi},
      {"bailian", "api/v1/services/x", UsageDialect::kDashScope},
      {"bailian", "chat/completions", UsageDialect::kOpenAi},
  };
  for (const Case& one : kCases) {
    EXPECT_EQ(DialectOf(*FindPreset(one.preset), one.endpoint), one.dialect)
        << one.preset << " " << one.endpoint;
  }
  for (const Preset& preset : Presets()) {
    EXPECT_NE(DialectOf(preset, "anything"), UsageDialect::kNone) << preset.name;
  }
}

config::v1::Provider Instance(const std::string& preset) {
  config::v1::Provider provider;
  provider.set_name("x");
  provider.set_preset(preset);
  return provider;
}

TEST(Resolve, FillsWhatIsAbsentFromThePreset) {
  const absl::StatusOr<EffectiveProvider> resolved = Resolve(Instance("gemini"));
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  EXPECT_EQ(resolved->preset, FindPreset("gemini"));
  const config::v1::Provider& provider = resolved->provider;
  EXPECT_TRUE(provider.has_enabled() && provider.enabled());
  EXPECT_TRUE(provider.has_strip_v1() && provider.strip_v1());
  EXPECT_EQ(provider.encoded_slashes(), config::v1::ENCODED_SLASHES_DECODE);
  EXPECT_EQ(provider.base_url(), "https://generativelanguage.googleapis.com/v1beta");
  EXPECT_EQ(provider.roots_size(), 4);
  EXPECT_EQ(provider.auth(0).header(), "x-goog-api-key");
  EXPECT_EQ(provider.rewrite_response_headers_size(), 2);
  EXPECT_THAT(provider.denied_endpoints(), IsEmpty());
}

TEST(Resolve, KeepsWhatTheInstanceSays) {
  config::v1::Provider provider = Instance("ollama");
  provider.set_enabled(false);
  provider.set_strip_v1(false);
  provider.set_encoded_slashes(config::v1::ENCODED_SLASHES_PRESERVE);
  provider.set_base_url("http://gpu-7:11434/v1//");
  provider.add_auth()->set_header("x-gate");
  provider.add_denied_endpoints("api/tags");
  provider.add_default_headers()->set_name("x-a");
  provider.add_rewrite_response_headers("x-b");
  const absl::StatusOr<EffectiveProvider> resolved = Resolve(provider);
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  EXPECT_FALSE(resolved->provider.enabled());
  EXPECT_FALSE(resolved->provider.strip_v1());
  EXPECT_EQ(resolved->provider.encoded_slashes(), config::v1::ENCODED_SLASHES_PRESERVE);
  EXPECT_EQ(resolved->provider.base_url(), "http://gpu-7:11434/v1");
  ASSERT_EQ(resolved->provider.auth_size(), 1);
  EXPECT_EQ(resolved->provider.auth(0).header(), "x-gate");
  EXPECT_THAT(resolved->provider.denied_endpoints(), ElementsAre("api/tags"));
  EXPECT_EQ(resolved->provider.default_headers_size(), 1);
  EXPECT_EQ(resolved->provider.rewrite_response_headers_size(), 1);
  EXPECT_EQ(resolved->provider.roots_size(), 1) << "of the preset";
}

TEST(Resolve, SaysWhatIsMissing) {
  const absl::StatusOr<EffectiveProvider> unknown = Resolve(Instance("opneai"));
  EXPECT_EQ(unknown.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(unknown.status().message()), HasSubstr("\"opneai\""));
  for (const std::string preset : {"oracle", "azure", "custom"}) {
    const absl::StatusOr<EffectiveProvider> resolved = Resolve(Instance(preset));
    EXPECT_EQ(resolved.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(resolved.status().message()), HasSubstr("base_url"));
    EXPECT_THAT(std::string(resolved.status().message()), HasSubstr("\"" + preset + "\""));
  }
}

}  // namespace
}  // namespace sluice::catalog
