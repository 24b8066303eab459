// The providers' shapes: a request that passed its checks becomes the answer which that provider
// would give. Pure but for the file store. One file each: openai_*.cc, anthropic.cc, gemini*.cc,
// ollama.cc, dashscope.cc.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "nlohmann/json.hpp"
#include "tests/support/emulator/answer.h"
#include "tests/support/emulator/file_store.h"
#include "tests/support/emulator/request.h"

namespace sluice::emulator {

using Json = nlohmann::ordered_json;

inline constexpr int64_t kCreated = 1700000000;  // no clock in an answer
inline constexpr std::string_view kCreatedText = "2023-11-14T22:13:20Z";
inline constexpr std::string_view kEventStream = "text/event-stream; charset=utf-8";

// An error as the shape's provider words it.
Answer ErrorAnswer(Shape shape, int status, const std::string& message);

Answer OpenAiAnswer(const Request& request, FileStore& files);
Answer AnthropicAnswer(const Request& request, FileStore& files);
Answer GeminiAnswer(const Request& request, FileStore& files);
Answer OllamaAnswer(const Request& request);
Answer DashScopeAnswer(const Request& request);

// Parts of the above that fill files of their own.
Answer OpenAiChat(const Request& request);
Answer OpenAiResponses(const Request& request);
Answer OpenAiFiles(const Request& request, FileStore& files);
Answer GeminiUpload(const Request& request, FileStore& files);
// Where a body has to go while it arrives; null where nobody but the hash wants it.
std::shared_ptr<BodyConsumer> FileConsumer(const Request& request, FileStore& files);
// A file that was uploaded whole; its content, or 404 in the shape's words.
Answer FileContent(Shape shape, const std::string& id, const FileStore& files);

// The JSON object of the body; an empty object if it is none.
Json BodyObject(const Request& request);
std::string ModelOf(const Json& body);
Answer Ok(const Json& json);
// "data: ...\n\n"
void AppendEvent(std::string_view data, std::string& out);
// "event: NAME\ndata: ...\n\n"
void AppendNamedEvent(std::string_view name, std::string_view data, std::string& out);
// Values between -1 and 1 that follow from the text.
std::vector<float> Embedding(std::string_view text, size_t dimensions);

}  // namespace sluice::emulator
