// Which provider's shape a path asks for, on whatever base path, and what of it.
#pragma once

#include <string>
#include <string_view>

#include "tests/support/emulator/message.h"

namespace sluice::emulator {

enum class Shape { kNone, kOpenAi, kAnthropic, kGemini, kOllama, kDashScope };

enum class Endpoint {
  kUnknown,
  kEmulator,  // /emulator/...: argument is the rest
  kAnything,  // /anything...
  kChat,      // the shape's own chat: chat/completions, messages, :generateContent, api/chat, ...
  kStream,    // Gemini's :streamGenerateContent
  kGenerate,  // Ollama's api/generate
  kResponses,
  kCountTokens,
  kModels,
  kModel,
  kEmbeddings,
  kBatchEmbeddings,
  kSpeech,
  kTranscription,
  kFiles,
  kFile,
  kFileContent,
  kUpload,  // Gemini's resumable upload
  kVersion,
};

struct Route {
  std::string preset;  // of /as/PRESET/ or the control `as`, else empty
  std::string path;    // decoded, without /as/PRESET
  Shape shape = Shape::kNone;
  Endpoint endpoint = Endpoint::kUnknown;
  std::string argument;  // a model or a file id
  std::string base;      // what stood before the endpoint, with /as/PRESET: "/as/groq/openai/v1"
};

// `preset` is answered as where the path does not say /as/PRESET; empty: none.
Route RouteOf(const RequestHead& head, const std::string& preset = "");
std::string_view ShapeName(Shape shape);

}  // namespace sluice::emulator
