#include "tests/support/emulator/auth.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "tests/support/emulator/text.h"

namespace sluice::emulator {
namespace {

struct Rule {
  std::string_view path;    // begins with; also says which base paths the preset has
  std::string_view header;  // Authorization takes the scheme Bearer
  std::string_view required_header = {};
  bool key_required = true;
  std::string_view other_header = {};  // takes the key too
};

struct Preset {
  std::string_view name;
  std::vector<Rule> rules;  // first match
};

constexpr std::string_view kBearer = "Authorization";

// Written apart from common/catalog on purpose: a mistake there must not be a mistake here as well.
const std::vector<Preset>& Presets() {
  static const auto& presets = *new std::vector<Preset>{
      {"openai", {{"/v1/", kBearer}}},
      {"anthropic", {{"/v1/", "x-api-key", "anthropic-version"}}},
      {"gemini",
       {{"/v1beta/openai/", "x-goog-api-key", {}, true, kBearer},
        {"/v1beta/", "x-goog-api-key"},
        {"/v1alpha/", "x-goog-api-key"},
        {"/v1/", "x-goog-api-key"},
        {"/upload/", "x-goog-api-key"},
        {"/download/", "x-goog-api-key"}}},
      {"groq", {{"/openai/v1/", kBearer}}},
      {"openrouter", {{"/api/v1/", kBearer}}},
      {"deepseek", {{"/", kBearer}}},
      {"zai",
       {{"/api/paas/v4/", kBearer}, {"/api/anthropic/", kBearer}, {"/api/coding/", kBearer}}},
      {"xai", {{"/v1/", kBearer}}},
      {"minimax", {{"/v1/", kBearer}, {"/anthropic/", kBearer}}},
      {"xiaomi", {{"/v1/", kBearer}, {"/anthropic/", "x-api-key"}}},
      {"opencode-go",
       {{"/zen/go/v1/messages", "x-api-key", "x-opencode-session"},
        {"/zen/go/v1/", kBearer, "x-opencode-session"}}},
      {"oracle", {{"/20231130/actions/v1/", kBearer}}},
      {"ollama", {{"/v1/", kBearer, {}, false}, {"/api/", kBearer, {}, false}}},
      {"bailian", {{"/compatible-mode/v1/", kBearer}, {"/api/v1/", kBearer}}},
  };
  return presets;
}

constexpr std::string_view kCredentialHeaders[] = {kBearer, "x-api-key", "api-key",
                                                   "x-goog-api-key"};

// The key in that header, without its scheme; absent if the scheme is wrong or the header missing.
std::optional<std::string> KeyIn(const RequestHead& head, std::string_view header) {
  const auto value = head.Find(header);
  if (!value) return std::nullopt;
  if (header != kBearer) return std::string(*value);
  constexpr std::string_view kScheme = "Bearer ";
  if (!value->starts_with(kScheme)) return std::nullopt;
  return std::string(value->substr(kScheme.size()));
}

bool Accepts(const std::vector<std::string>& accepted, std::string_view key) {
  if (accepted.empty()) return key.starts_with("sk-emulator");
  return std::find(accepted.begin(), accepted.end(), key) != accepted.end();
}

void Refuse(AuthVerdict& verdict, std::string_view flag, std::string reason) {
  verdict.flags.emplace_back(flag);
  if (verdict.ok) verdict.reason = std::move(reason);
  verdict.ok = false;
}

const Preset* FindPreset(std::string_view name) {
  for (const Preset& preset : Presets()) {
    if (preset.name == name) return &preset;
  }
  return nullptr;
}

const Rule* FindRule(const Preset& preset, std::string_view path) {
  for (const Rule& rule : preset.rules) {
    if (path.starts_with(rule.path)) return &rule;
  }
  return nullptr;
}

void RefuseForeignCredentials(const RequestHead& head, std::string_view expected,
                              AuthVerdict& verdict) {
  for (std::string_view header : kCredentialHeaders) {
    const auto count =
        std::count_if(head.fields.begin(), head.fields.end(),
                      [&](const Field& field) { return SameName(field.name, header); });
    if (count > (header == expected ? 1 : 0)) {
      Refuse(verdict, "foreign_credential", Cat("A credential too many: ", header, "."));
    }
  }
  if (head.Find("Proxy-Authorization")) {
    Refuse(verdict, "foreign_credential", "A credential too many: Proxy-Authorization.");
  }
  if (QueryParameter(head.target, "key")) {
    Refuse(verdict, "foreign_credential", "A credential too many: the query parameter key.");
  }
}

AuthVerdict CheckPreset(const RequestHead& head, const Route& route, const Preset& preset,
                        const std::vector<std::string>& accepted) {
  AuthVerdict verdict;
  const Rule* rule = FindRule(preset, route.path);
  if (rule == nullptr) {
    std::string paths;
    for (const Rule& known : preset.rules) Append(paths, paths.empty() ? "" : ", ", known.path);
    verdict.path_ok = false;
    Refuse(verdict, "wrong_path",
           Cat(preset.name, " has no ", route.path, "; its paths begin with ", paths, "."));
    return verdict;
  }
  const bool other =
      !rule->other_header.empty() && head.Find(rule->other_header) && !head.Find(rule->header);
  const std::string_view expected = other ? rule->other_header : rule->header;
  const auto key = KeyIn(head, expected);
  if (key) {
    verdict.key = *key;
    verdict.header = expected;
  }
  const bool absent_is_fine = !rule->key_required && !head.Find(expected);
  if (!absent_is_fine && (!key || !Accepts(accepted, *key))) {
    Refuse(verdict, key ? "wrong_key" : "missing_credential",
           Cat(preset.name, " wants its key in ", expected,
               expected == kBearer ? " as Bearer." : "."));
  }
  RefuseForeignCredentials(head, expected, verdict);
  if (!rule->required_header.empty() && !head.Find(rule->required_header)) {
    Refuse(verdict, "missing_header", Cat(rule->required_header, ": header is required."));
  }
  return verdict;
}

AuthVerdict CheckAnywhere(const RequestHead& head, const Route& route,
                          const std::vector<std::string>& accepted) {
  AuthVerdict verdict;
  bool found = false;
  for (std::string_view header : kCredentialHeaders) {
    const auto key = KeyIn(head, header);
    if (!key) continue;
    found = true;
    if (!verdict.key.empty() && !Accepts(accepted, *key)) continue;
    verdict.key = *key;
    verdict.header = header;
  }
  if (const auto key = QueryParameter(head.target, "key");
      key && !found && route.shape == Shape::kGemini) {
    found = true;
    verdict.key = *key;
    verdict.header = "?key=";
  }
  const bool needs_none =
      route.shape == Shape::kNone || route.shape == Shape::kOllama ||
      (route.endpoint == Endpoint::kUpload && QueryParameter(head.target, "upload_id"));
  if (needs_none) return verdict;
  if (!found) {
    Refuse(verdict, "missing_credential", "You didn't provide an API key.");
  } else if (!Accepts(accepted, verdict.key)) {
    Refuse(verdict, "wrong_key", Cat("Incorrect API key provided: …", verdict.KeyTail(), "."));
  }
  return verdict;
}

}  // namespace

std::string AuthVerdict::KeyTail() const {
  if (key.empty()) return "none";
  return key.size() <= 4 ? key : key.substr(key.size() - 4);
}

AuthVerdict CheckAuth(const RequestHead& head, const Route& route,
                      const std::vector<std::string>& accepted) {
  if (route.preset.empty()) return CheckAnywhere(head, route, accepted);
  if (const Preset* preset = FindPreset(route.preset))
    return CheckPreset(head, route, *preset, accepted);
  AuthVerdict verdict;
  verdict.path_ok = false;
  Refuse(verdict, "unknown_preset", Cat("There is no preset \"", route.preset, "\" to answer as."));
  return verdict;
}

}  // namespace sluice::emulator
