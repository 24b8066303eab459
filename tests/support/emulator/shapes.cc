#include "tests/support/emulator/shapes.h"

#include <functional>

#include "tests/support/emulator/pattern.h"
#include "tests/support/emulator/text.h"

namespace sluice::emulator {
namespace {

std::string_view OpenAiType(int status) {
  if (status == 401) return "authentication_error";
  if (status == 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

std::string_view OpenAiCode(int status) {
  switch (status) {
    case 401:
      return "invalid_api_key";
    case 404:
      return "not_found";
    case 429:
      return "rate_limit_exceeded";
    default:
      return status >= 500 ? "server_error" : "bad_request";
  }
}

std::string_view AnthropicType(int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case 529:
      return "overloaded_error";
    default:
      return status >= 500 ? "api_error" : "invalid_request_error";
  }
}

std::string_view GeminiStatus(int status) {
  switch (status) {
    case 401:
      return "UNAUTHENTICATED";
    case 403:
      return "PERMISSION_DENIED";
    case 404:
      return "NOT_FOUND";
    case 429:
      return "RESOURCE_EXHAUSTED";
    case 503:
      return "UNAVAILABLE";
    default:
      return status >= 500 ? "INTERNAL" : "INVALID_ARGUMENT";
  }
}

}  // namespace

Answer ErrorAnswer(Shape shape, int status, const std::string& message) {
  Json json;
  switch (shape) {
    case Shape::kAnthropic:
      json = {{"type", "error"},
              {"error", {{"type", AnthropicType(status)}, {"message", message}}}};
      break;
    case Shape::kGemini:
      json = {
          {"error", {{"code", status}, {"message", message}, {"status", GeminiStatus(status)}}}};
      break;
    case Shape::kOllama:
      json = {{"error", message}};
      break;
    case Shape::kDashScope:
      json = {{"code", status == 401 ? "InvalidApiKey" : "InvalidParameter"},
              {"message", message},
              {"request_id", "emulator"}};
      break;
    case Shape::kNone:
    case Shape::kOpenAi:
      json = {{"error",
               {{"message", message},
                {"type", OpenAiType(status)},
                {"param", nullptr},
                {"code", OpenAiCode(status)}}}};
      break;
  }
  return JsonAnswer(status, json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Json BodyObject(const Request& request) {
  Json json = Json::parse(request.body, nullptr, false);
  return json.is_object() ? json : Json::object();
}

std::string ModelOf(const Json& body) {
  const auto model = body.find("model");
  return model != body.end() && model->is_string() ? model->get<std::string>() : "none";
}

Answer Ok(const Json& json) {
  return JsonAnswer(200, json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void AppendEvent(std::string_view data, std::string& out) { Append(out, "data: ", data, "\n\n"); }

void AppendNamedEvent(std::string_view name, std::string_view data, std::string& out) {
  Append(out, "event: ", name, "\ndata: ", data, "\n\n");
}

std::vector<float> Embedding(std::string_view text, size_t dimensions) {
  uint64_t seed = 1469598103934665603ULL;
  for (char c : text) seed = (seed ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  std::vector<float> values(dimensions);
  for (size_t i = 0; i < dimensions; ++i) {
    const auto word =
        static_cast<int32_t>(PatternWord(seed, i) >> 40);  // 24 bits fit a float exactly
    values[i] = static_cast<float>(word) / 8388608.0f - 1.0f;
  }
  return values;
}

}  // namespace sluice::emulator
