#include "common/catalog/preset_rows.h"

#include <string>
#include <utility>

namespace sluice::catalog {
namespace {

config::v1::RootRule Root(std::string prefix, std::string path) {
  config::v1::RootRule rule;
  rule.set_prefix(std::move(prefix));
  rule.set_path(std::move(path));
  return rule;
}

config::v1::AuthRule Bearer() {
  config::v1::AuthRule rule;
  rule.set_header("Authorization");
  rule.set_scheme("Bearer");
  return rule;
}

// The key alone in `header`, for endpoints that begin with `prefix`.
config::v1::AuthRule Plain(std::string header, std::string prefix = "") {
  config::v1::AuthRule rule;
  rule.set_prefix(std::move(prefix));
  rule.set_header(std::move(header));
  return rule;
}

config::v1::HeaderField Field(std::string name, std::string value) {
  config::v1::HeaderField field;
  field.set_name(std::move(name));
  field.set_value(std::move(value));
  return field;
}

constexpr UsageRule kOpenAi = {"", UsageDialect::kOpenAi};
constexpr UsageRule kAnthropicFolder = {"anthropic/", UsageDialect::kAnthropic};

}  // namespace

// A column that a row does not name keeps the default of the struct.
std::vector<Preset> PresetRows() {
  std::vector<Preset> rows;
  rows.push_back({.name = "openai",
                  .title = "OpenAI",
                  .base_url = "https://api.openai.com/v1",
                  .auth = {Bearer()},
                  .usage = {kOpenAi}});
  rows.push_back({.name = "anthropic",
                  .title = "Anthropic",
                  .base_url = "https://api.anthropic.com/v1",
                  .auth = {Plain("x-api-key")},
                  .default_headers = {Field("anthropic-version", "2023-06-01")},
                  .usage = {{"", UsageDialect::kAnthropic}}});
  // Uploads answer with an absolute URL for their second half, which has to come back through here.
  rows.push_back({.name = "gemini",
                  .title = "Google Gemini",
                  .base_url = "https://generativelanguage.googleapis.com/v1beta",
                  .roots = {Root("v1beta/", "/v1beta/"), Root("v1alpha/", "/v1alpha/"),
                            Root("upload/", "/upload/"), Root("download/", "/download/")},
                  .auth = {Plain("x-goog-api-key")},
                  .rewrite_response_headers = {"X-Goog-Upload-URL", "X-Goog-Upload-Control-URL"},
                  .key_query_parameter = "key",
                  .usage = {{"openai/", UsageDialect::kOpenAi},
                            {"v1beta/openai/", UsageDialect::kOpenAi},
                            {"", UsageDialect::kGemini}},
                  .telemetry_name = "gcp.gemini"});
  // Its own SDKs begin at the origin and write openai/v1/ themselves.
  rows.push_back({.name = "groq",
                  .title = "Groq",
                  .base_url = "https://api.groq.com/openai/v1",
                  .roots = {Root("openai/v1/", "/openai/v1/")},
                  .auth = {Bearer()},
                  .usage = {kOpenAi}});
  rows.push_back({.name = "openrouter",
                  .title = "OpenRouter",
                  .base_url = "https://openrouter.ai/api/v1",
                  .auth = {Bearer()},
                  .usage = {kOpenAi}});
  rows.push_back({.name = "deepseek",
                  .title = "DeepSeek",
                  .base_url = "https://api.deepseek.com",
                  .auth = {Bearer()},
                  .usage = {kAnthropicFolder, kOpenAi}});
  rows.push_back({.name = "zai",
                  .title = "Z.ai",
                  .base_url = "https://api.z.ai/api/paas/v4",
                  .roots = {Root("anthropic/", "/api/anthropic/"), Root("coding/", "/api/coding/")},
                  .auth = {Bearer()},
                  .usage = {kAnthropicFolder, kOpenAi}});
  rows.push_back({.name = "xai",
                  .title = "xAI",
                  .base_url = "https://api.x.ai/v1",
                  .auth = {Bearer()},
                  .usage = {kOpenAi},
                  .telemetry_name = "x_ai"});
  rows.push_back({.name = "minimax",
                  .title = "MiniMax",
                  .base_url = "https://api.minimax.io/v1",
                  .roots = {Root("anthropic/", "/anthropic/")},
                  .auth = {Bearer()},
                  .usage = {kAnthropicFolder, kOpenAi}});
  rows.push_back({.name = "xiaomi",
                  .title = "Xiaomi MiMo",
                  .base_url = "https://api.xiaomimimo.com/v1",
                  .roots = {Root("anthropic/", "/anthropic/")},
                  .auth = {Plain("x-api-key", "anthropic/"), Bearer()},
                  .usage = {kAnthropicFolder, kOpenAi}});
  rows.push_back({.name = "opencode-go",
                  .title = "OpenCode Go",
                  .base_url = "https://opencode.ai/zen/go/v1",
                  .auth = {Plain("x-api-key", "messages"), Bearer()},
                  .session_header = "x-opencode-session",
                  .usage = {{"messages", UsageDialect::kAnthropic}, kOpenAi}});
  // The base URL carries the region.
  rows.push_back({.name = "oracle",
                  .title = "Oracle Cloud Generative AI",
                  .auth = {Bearer()},
                  .usage = {kOpenAi}});
  // What changes the models of the machine is not for those who use them.
  rows.push_back({.name = "ollama",
                  .title = "Ollama",
                  .base_url = "http://localhost:11434/v1",
                  .roots = {Root("api/", "/api/")},
                  .auth = {Bearer()},
                  .denied_endpoints = {"api/pull", "api/push", "api/create", "api/copy",
                                       "api/delete", "api/blobs", "api/blobs/"},
                  .key_required = false,
                  .usage = {{"api/", UsageDialect::kOllama}, kOpenAi}});
  rows.push_back({.name = "bailian",
                  .title = "Alibaba Cloud Bailian",
                  .base_url = "https://dashscope.aliyuncs.com/compatible-mode/v1",
                  .roots = {Root("api/v1/", "/api/v1/")},
                  .auth = {Bearer()},
                  .usage = {{"api/v1/", UsageDialect::kDashScope}, kOpenAi}});
  // What stands beside vLLM's /v1 (health, tokenize, ...) is reached below root/; what loads,
  // unloads or halts a model is not.
  rows.push_back(
      {.name = "vllm",
       .title = "vLLM",
       .base_url = "http://localhost:8000/v1",
       .roots = {Root("root/", "/")},
       .auth = {Bearer()},
       .denied_endpoints = {"load_lora_adapter", "unload_lora_adapter", "root/v1/load_lora_adapter",
                            "root/v1/unload_lora_adapter", "root/sleep", "root/wake_up",
                            "root/reset_prefix_cache", "root/collective_rpc", "root/start_profile",
                            "root/stop_profile"},
       .key_required = false,
       .usage = {kOpenAi}});
  // The base URL carries the resource, e.g. https://NAME.openai.azure.com/openai/v1.
  rows.push_back({.name = "azure",
                  .title = "Azure OpenAI",
                  .auth = {Plain("api-key")},
                  .usage = {kOpenAi},
                  .telemetry_name = "azure.ai.openai"});
  rows.push_back({.name = "custom",
                  .title = "Any OpenAI-compatible provider",
                  .auth = {Bearer()},
                  .usage = {kOpenAi}});
  return rows;
}

}  // namespace sluice::catalog
