// Gemini's models/X:verb endpoints, plain, as server-sent events and as one JSON array that arrives
// in pieces.
#include <memory>
#include <utility>

#include "tests/support/emulator/reply.h"
#include "tests/support/emulator/shapes.h"
#include "tests/support/emulator/text.h"

namespace sluice::emulator {
namespace {

Json Content(const Reply& reply, const std::string& text, bool last, uint64_t tokens) {
  Json candidate = {{"content", {{"parts", {{{"text", text}}}}, {"role", "model"}}}, {"index", 0}};
  if (last) candidate["finishReason"] = "STOP";
  return {{"candidates", Json::array({std::move(candidate)})},
          {"usageMetadata",
           {{"promptTokenCount", reply.prompt_tokens()},
            {"candidatesTokenCount", tokens},
            {"totalTokenCount", reply.prompt_tokens() + tokens}}},
          {"modelVersion", reply.model()},
          {"responseId", "emulator"}};
}

class ContentStream {
 public:
  ContentStream(Reply reply, bool sse) : reply_(std::move(reply)), sse_(sse) {}

  bool Event(uint64_t index, std::string& out) const {
    if (index >= reply_.pieces()) return Close(index, out);
    const bool last = index + 1 == reply_.pieces();
    // Counts are cumulative, and the last one is the answer's.
    const uint64_t tokens = last ? reply_.completion_tokens() : index + 1;
    const std::string json = Content(reply_, reply_.Piece(index), last, tokens).dump();
    if (sse_) {
      Append(out, "data: ", json, "\r\n\r\n");
    } else {
      Append(out, index == 0 ? "[" : "\n,\r\n", json);
    }
    return true;
  }

 private:
  bool Close(uint64_t index, std::string& out) const {
    if (sse_ || index > reply_.pieces()) return false;
    out.append(reply_.pieces() == 0 ? "[]\n" : "\n]\n");
    return true;
  }

  Reply reply_;
  bool sse_;
};

Answer Stream(const Request& request) {
  const bool sse = QueryParameter(request.head.target, "alt") == "sse";
  auto stream = std::make_shared<const ContentStream>(Reply(request, request.route.argument), sse);
  return EventAnswer(sse ? "text/event-stream" : "application/json; charset=UTF-8",
                     [stream](uint64_t i, std::string& out) { return stream->Event(i, out); });
}

Answer EmbedBatch(const Request& request) {
  const Json body = BodyObject(request);
  const Json requests = body.value("requests", Json::array());
  Json embeddings = Json::array();
  for (const Json& one : requests) {
    embeddings.push_back({{"values", Embedding(one.value("content", Json()).dump(), 8)}});
  }
  return Ok({{"embeddings", std::move(embeddings)}});
}

Json Model(const std::string& id) {
  return {{"name", Cat("models/", id)},
          {"version", "1"},
          {"displayName", Cat("Emulated ", id)},
          {"inputTokenLimit", 1048576},
          {"outputTokenLimit", 65536},
          {"supportedGenerationMethods", {"generateContent", "countTokens", "embedContent"}}};
}

Answer ModelAnswer(const Request& request) {
  const Reply reply(request, request.route.argument);
  switch (request.route.endpoint) {
    case Endpoint::kChat:
      return Ok(Content(reply, reply.text(), true, reply.completion_tokens()));
    case Endpoint::kStream:
      return Stream(request);
    case Endpoint::kCountTokens:
      return Ok({{"totalTokens", reply.prompt_tokens()}});
    case Endpoint::kEmbeddings:
      return Ok(
          {{"embedding",
            {{"values", Embedding(BodyObject(request).value("content", Json()).dump(), 8)}}}});
    case Endpoint::kBatchEmbeddings:
      return EmbedBatch(request);
    case Endpoint::kModels:
      return Ok({{"models", {Model("emulator-large"), Model("emulator-small")}}});
    case Endpoint::kModel:
      return Ok(Model(request.route.argument));
    default:
      return ErrorAnswer(Shape::kGemini, 404, Cat("There is no ", request.route.path));
  }
}

}  // namespace

Answer GeminiAnswer(const Request& request, FileStore& files) {
  switch (request.route.endpoint) {
    case Endpoint::kUpload:
    case Endpoint::kFiles:
    case Endpoint::kFile:
      return GeminiUpload(request, files);
    case Endpoint::kFileContent:
      return FileContent(Shape::kGemini, request.route.argument, files);
    default:
      return ModelAnswer(request);
  }
}

}  // namespace sluice::emulator
