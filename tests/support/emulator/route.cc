#include "tests/support/emulator/route.h"

#include <optional>

#include "tests/support/emulator/text.h"

namespace sluice::emulator {
namespace {

struct Tail {
  std::string_view text;
  Shape shape;
  Endpoint endpoint;
};

constexpr Tail kOllamaPaths[] = {
    {"/api/chat", Shape::kOllama, Endpoint::kChat},
    {"/api/generate", Shape::kOllama, Endpoint::kGenerate},
    {"/api/tags", Shape::kOllama, Endpoint::kModels},
    {"/api/version", Shape::kOllama, Endpoint::kVersion},
    {"/api/embed", Shape::kOllama, Endpoint::kEmbeddings},
};

constexpr Tail kTails[] = {
    {"/chat/completions", Shape::kOpenAi, Endpoint::kChat},
    {"/responses", Shape::kOpenAi, Endpoint::kResponses},
    {"/embeddings", Shape::kOpenAi, Endpoint::kEmbeddings},
    {"/audio/speech", Shape::kOpenAi, Endpoint::kSpeech},
    {"/audio/transcriptions", Shape::kOpenAi, Endpoint::kTranscription},
    {"/messages", Shape::kAnthropic, Endpoint::kChat},
    {"/messages/count_tokens", Shape::kAnthropic, Endpoint::kCountTokens},
};

constexpr Tail kGeminiVerbs[] = {
    {"generateContent", Shape::kGemini, Endpoint::kChat},
    {"streamGenerateContent", Shape::kGemini, Endpoint::kStream},
    {"countTokens", Shape::kGemini, Endpoint::kCountTokens},
    {"embedContent", Shape::kGemini, Endpoint::kEmbeddings},
    {"batchEmbedContents", Shape::kGemini, Endpoint::kBatchEmbeddings},
};

void Choose(Route& route, Shape shape, Endpoint endpoint, std::string_view base,
            std::string_view argument = {}) {
  route.shape = shape;
  route.endpoint = endpoint;
  route.base = Cat(route.preset.empty() ? "" : "/as/", route.preset, base);
  route.argument = std::string(argument);
}

bool LooksAnthropic(const Route& route, const RequestHead& head) {
  if (route.preset == "anthropic" || Contains(route.path, "/anthropic/")) return true;
  return route.preset.empty() && (head.Find("anthropic-version") || head.Find("x-api-key"));
}

bool LooksGemini(const Route& route) {
  if (Contains(route.path, "/openai/")) return false;
  return route.preset == "gemini" || route.path.starts_with("/v1beta/") ||
         route.path.starts_with("/v1alpha/") || route.path.starts_with("/download/");
}

bool TryGeminiVerb(Route& route) {
  const std::string_view path = route.path;
  const size_t colon = path.rfind(':');
  const size_t models = path.rfind("/models/");
  if (colon == std::string_view::npos || models == std::string_view::npos || models > colon)
    return false;
  for (const Tail& verb : kGeminiVerbs) {
    if (path.substr(colon + 1) != verb.text) continue;
    Choose(route, Shape::kGemini, verb.endpoint, path.substr(0, models),
           path.substr(models + 8, colon - models - 8));
    return true;
  }
  return false;
}

bool TryTail(Route& route, std::string_view path) {
  for (const Tail& tail : kTails) {
    if (!path.ends_with(tail.text)) continue;
    Choose(route, tail.shape, tail.endpoint, path.substr(0, path.size() - tail.text.size()));
    return true;
  }
  return false;
}

// `models`, `models/ID`, `files`, `files/ID`, `files/ID/content`: the same in three shapes.
bool TryResource(Route& route, Shape shape, std::string_view noun, Endpoint all, Endpoint one) {
  const std::string_view path = route.path;
  if (path.ends_with(noun)) {
    Choose(route, shape, all, path.substr(0, path.size() - noun.size()));
    return true;
  }
  const size_t at = path.rfind(Cat(noun, "/"));
  if (at == std::string_view::npos) return false;
  std::string_view id = path.substr(at + noun.size() + 1);
  if (one == Endpoint::kFile) {
    for (std::string_view suffix : {"/content", ":download"}) {
      if (!id.ends_with(suffix)) continue;
      id.remove_suffix(suffix.size());
      one = Endpoint::kFileContent;
    }
  }
  Choose(route, shape, one, path.substr(0, at), id);
  return true;
}

bool TryOllama(Route& route) {
  for (const Tail& tail : kOllamaPaths) {
    if (route.path != tail.text) continue;
    Choose(route, tail.shape, tail.endpoint, "");
    return true;
  }
  return false;
}

void ChooseEndpoint(Route& route, const RequestHead& head) {
  const std::string_view path = route.path;
  if (path.starts_with("/anything")) return Choose(route, Shape::kNone, Endpoint::kAnything, "");
  if (TryOllama(route)) return;
  if (path.starts_with("/upload/")) return Choose(route, Shape::kGemini, Endpoint::kUpload, path);
  if (path.starts_with("/api/v1/services/"))
    return Choose(route, Shape::kDashScope, Endpoint::kChat, "/api/v1");
  if (TryGeminiVerb(route) || TryTail(route, path)) return;
  Shape shape = Shape::kOpenAi;
  if (LooksGemini(route)) {
    shape = Shape::kGemini;
  } else if (LooksAnthropic(route, head)) {
    shape = Shape::kAnthropic;
  }
  if (TryResource(route, shape, "/models", Endpoint::kModels, Endpoint::kModel)) return;
  if (TryResource(route, shape, "/files", Endpoint::kFiles, Endpoint::kFile)) return;
  Choose(route, route.preset.empty() ? Shape::kNone : shape, Endpoint::kUnknown, "");
}

}  // namespace

Route RouteOf(const RequestHead& head, const std::string& preset) {
  Route route;
  route.preset = preset;
  std::string path = PercentDecode(head.Path());
  constexpr std::string_view kEmulator = "/emulator/";
  if (path.starts_with(kEmulator)) {
    route.path = path;
    route.endpoint = Endpoint::kEmulator;
    route.argument = path.substr(kEmulator.size());
    return route;
  }
  constexpr std::string_view kAs = "/as/";
  if (path.starts_with(kAs)) {
    const size_t end = path.find('/', kAs.size());
    route.preset = path.substr(kAs.size(), end == std::string::npos ? end : end - kAs.size());
    path = end == std::string::npos ? "/" : path.substr(end);
  }
  route.path = std::move(path);
  ChooseEndpoint(route, head);
  return route;
}

std::string_view ShapeName(Shape shape) {
  switch (shape) {
    case Shape::kNone:
      return "none";
    case Shape::kOpenAi:
      return "openai";
    case Shape::kAnthropic:
      return "anthropic";
    case Shape::kGemini:
      return "gemini";
    case Shape::kOllama:
      return "ollama";
    case Shape::kDashScope:
      return "dashscope";
  }
  return "none";
}

}  // namespace sluice::emulator
