// The OpenAI endpoints beside chat: models, embeddings, audio.
#include <cstring>

#include "tests/support/emulator/multipart_scan.h"
#include "tests/support/emulator/reply.h"
#include "tests/support/emulator/shapes.h"
#include "tests/support/emulator/text.h"

namespace sluice::emulator {
namespace {

constexpr size_t kMostDimensions = 4096;

Json Model(const std::string& id) {
  return {{"id", id}, {"object", "model"}, {"created", kCreated}, {"owned_by", "emulator"}};
}

Json Models() {
  return {
      {"object", "list"},
      {"data", {Model("emulator-large"), Model("emulator-small"), Model("emulator-embedding")}}};
}

Json EmbeddingValue(std::string_view text, size_t dimensions, bool base64) {
  const std::vector<float> values = Embedding(text, dimensions);
  if (!base64) return values;
  std::string bytes(values.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return Base64(bytes);
}

Answer Embeddings(const Request& request) {
  const Json body = BodyObject(request);
  const auto input = body.find("input");
  if (input == body.end())
    return ErrorAnswer(Shape::kOpenAi, 400, "'input' is a required property");
  const Json texts = input->is_array() ? *input : Json::array({*input});
  const size_t dimensions = std::min<size_t>(body.value("dimensions", 8u), kMostDimensions);
  const bool base64 = body.value("encoding_format", "float") == std::string("base64");
  Json data = Json::array();
  for (const Json& text : texts) {
    data.push_back({{"object", "embedding"},
                    {"index", data.size()},
                    {"embedding", EmbeddingValue(text.dump(), dimensions, base64)}});
  }
  const Reply reply(request, ModelOf(body));
  return Ok(
      {{"object", "list"},
       {"data", std::move(data)},
       {"model", reply.model()},
       {"usage",
        {{"prompt_tokens", reply.prompt_tokens()}, {"total_tokens", reply.prompt_tokens()}}}});
}

// Every byte value there is, many times.
Answer Speech() {
  std::string bytes;
  for (int i = 0; i < 4096; ++i) bytes.push_back(static_cast<char>(i));
  return TextAnswer(200, "audio/mpeg", std::move(bytes));
}

Answer Transcription(const Request& request) {
  auto* scan = dynamic_cast<MultipartScan*>(request.consumer.get());
  if (scan == nullptr || scan->file() == nullptr) {
    return ErrorAnswer(Shape::kOpenAi, 400, "There is no file in the form.");
  }
  const StoredFile file = scan->file()->Finish();
  return Ok({{"text", Cat("An emulated transcription of ", file.bytes, " bytes")},
             {"sha256", file.sha256}});
}

}  // namespace

Answer OpenAiAnswer(const Request& request, FileStore& files) {
  switch (request.route.endpoint) {
    case Endpoint::kChat:
      return OpenAiChat(request);
    case Endpoint::kResponses:
      return OpenAiResponses(request);
    case Endpoint::kModels:
      return Ok(Models());
    case Endpoint::kModel:
      return Ok(Model(request.route.argument));
    case Endpoint::kEmbeddings:
      return Embeddings(request);
    case Endpoint::kSpeech:
      return Speech();
    case Endpoint::kTranscription:
      return Transcription(request);
    case Endpoint::kFiles:
    case Endpoint::kFile:
    case Endpoint::kFileContent:
      return OpenAiFiles(request, files);
    default:
      return ErrorAnswer(Shape::kOpenAi, 404,
                         Cat("Invalid URL (", request.head.method, " ", request.route.path, ")"));
  }
}

}  // namespace sluice::emulator
