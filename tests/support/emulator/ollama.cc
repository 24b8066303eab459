// Ollama's native endpoints: newline-delimited JSON, streamed unless told otherwise.
#include <memory>
#include <utility>

#include "tests/support/emulator/reply.h"
#include "tests/support/emulator/shapes.h"
#include "tests/support/emulator/text.h"

namespace sluice::emulator {
namespace {

Json Object(const Reply& reply, bool chat, const std::string& text, bool done) {
  Json json = {{"model", reply.model()}, {"created_at", kCreatedText}};
  if (chat) {
    json["message"] = {{"role", "assistant"}, {"content", text}};
  } else {
    json["response"] = text;
  }
  json["done"] = done;
  if (!done) return json;
  json["done_reason"] = "stop";
  json["total_duration"] = 1000000;
  json["load_duration"] = 1000;
  json["prompt_eval_count"] = reply.prompt_tokens();
  json["prompt_eval_duration"] = 1000;
  json["eval_count"] = reply.completion_tokens();
  json["eval_duration"] = 1000;
  return json;
}

Answer Generate(const Request& request, bool chat) {
  const Json body = BodyObject(request);
  Reply reply(request, ModelOf(body));
  if (!body.value("stream", true)) return Ok(Object(reply, chat, reply.text(), true));
  auto words = std::make_shared<const Reply>(std::move(reply));
  return EventAnswer("application/x-ndjson", [words, chat](uint64_t index, std::string& out) {
    if (index > words->pieces()) return false;
    const bool done = index == words->pieces();
    Append(out, Object(*words, chat, done ? "" : words->Piece(index), done).dump(), "\n");
    return true;
  });
}

Json Tag(const std::string& name) {
  return {{"name", name},
          {"model", name},
          {"modified_at", kCreatedText},
          {"size", 4200000000},
          {"digest", "365c0bd3c000a25d28ddbf732fe1c6add414de7275464c4e4d1c3b5fcb5d8ad1"},
          {"details", {{"format", "gguf"}, {"family", "emulator"}, {"parameter_size", "8B"}}}};
}

Answer Embed(const Request& request) {
  const Json body = BodyObject(request);
  const Json input = body.value("input", Json(""));
  Json embeddings = Json::array();
  for (const Json& text : input.is_array() ? input : Json::array({input})) {
    embeddings.push_back(Embedding(text.dump(), 8));
  }
  const Reply reply(request, ModelOf(body));
  return Ok({{"model", reply.model()},
             {"embeddings", std::move(embeddings)},
             {"prompt_eval_count", reply.prompt_tokens()}});
}

}  // namespace

Answer OllamaAnswer(const Request& request) {
  switch (request.route.endpoint) {
    case Endpoint::kChat:
      return Generate(request, true);
    case Endpoint::kGenerate:
      return Generate(request, false);
    case Endpoint::kModels:
      return Ok({{"models", {Tag("emulator-large:latest"), Tag("emulator-small:latest")}}});
    case Endpoint::kEmbeddings:
      return Embed(request);
    case Endpoint::kVersion:
      return Ok({{"version", "0.9.0"}});
    default:
      return ErrorAnswer(Shape::kOllama, 404, "not found");
  }
}

}  // namespace sluice::emulator
