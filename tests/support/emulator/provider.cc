#include "tests/support/emulator/provider.h"

#include <algorithm>

#include "tests/support/emulator/pattern.h"
#include "tests/support/emulator/sha256_stream.h"
#include "tests/support/emulator/shapes.h"
#include "tests/support/emulator/text.h"

namespace sluice::emulator {
namespace {

uint64_t NumberParameter(const Request& request, std::string_view name, uint64_t fallback) {
  const auto text = QueryParameter(request.head.target, name);
  return text ? ParseNumber(*text).value_or(fallback) : fallback;
}

// What /anything says of a request, and what a missing endpoint could have meant.
Answer Anything(const Request& request) {
  return Ok({{"id", request.id},
             {"method", request.head.method},
             {"target", request.head.target},
             {"key_tail", request.auth.KeyTail()},
             {"bytes", request.body_bytes},
             {"sha256", request.body_sha256}});
}

Answer Replacement(const Request& request) {
  const Controls& controls = request.controls;
  if (controls.echo && !request.body_kept()) {
    return ErrorAnswer(request.route.shape, 413, "The body is too large to be echoed.");
  }
  const bool brings_body = controls.body || controls.raw || controls.size || controls.echo;
  const int status = controls.status.value_or(controls.redirect ? 302 : 200);
  if (!brings_body && status >= 400) {
    return ErrorAnswer(request.route.shape, status,
                       Cat("The emulator was told to answer ", status, "."));
  }
  return TextAnswer(status, "text/plain; charset=utf-8", "");
}

void SetRequestId(const Request& request, Answer& answer) {
  const std::string_view name =
      request.route.shape == Shape::kAnthropic ? "request-id" : "x-request-id";
  answer.Set(name, Cat("emu-", request.id));
}

}  // namespace

void Provider::Prepare(Request& request) {
  auto controls = ReadControls(request.head);
  if (controls.ok()) {
    request.controls = *std::move(controls);
  } else {
    request.control_error = std::string(controls.status().message());
  }
  request.route = RouteOf(request.head, request.controls.as);
  if (request.route.endpoint == Endpoint::kEmulator) return;
  request.auth = CheckAuth(request.head, request.route, accepted_keys_);
  if (!request.auth.ok) request.controls = Controls();
  request.consumer = FileConsumer(request, files_);
}

Answer Provider::AnswerTo(const Request& request) {
  Answer answer = Choose(request);
  SetRequestId(request, answer);
  if (request.control_error.empty() && request.auth.ok)
    ApplyControls(request.controls, request.body, answer);
  return answer;
}

Answer Provider::Choose(const Request& request) {
  if (!request.control_error.empty())
    return ErrorAnswer(Shape::kOpenAi, 400, request.control_error);
  if (request.route.endpoint == Endpoint::kEmulator) return OwnPage(request);
  if (!request.auth.path_ok) return ErrorAnswer(request.route.shape, 404, request.auth.reason);
  if (!request.auth.ok) return ErrorAnswer(request.route.shape, 401, request.auth.reason);
  if (request.controls.ReplacesAnswer()) {
    const bool only_status = request.controls.status && *request.controls.status < 300 &&
                             !request.controls.body && !request.controls.raw &&
                             !request.controls.size && !request.controls.echo;
    if (!only_status || request.route.endpoint == Endpoint::kUnknown) return Replacement(request);
  }
  if (request.route.endpoint == Endpoint::kAnything) return Anything(request);
  try {
    return ShapeAnswer(request);
  } catch (const Json::exception&) {
    return ErrorAnswer(request.route.shape, 400, "A field of the JSON body has the wrong type.");
  }
}

Answer Provider::ShapeAnswer(const Request& request) {
  switch (request.route.shape) {
    case Shape::kNone:
    case Shape::kOpenAi:
      return OpenAiAnswer(request, files_);
    case Shape::kAnthropic:
      return AnthropicAnswer(request, files_);
    case Shape::kGemini:
      return GeminiAnswer(request, files_);
    case Shape::kOllama:
      return OllamaAnswer(request);
    case Shape::kDashScope:
      return DashScopeAnswer(request);
  }
  return ErrorAnswer(Shape::kNone, 404, "There is no such shape.");
}

Answer Provider::OwnPage(const Request& request) {
  const std::string& page = request.route.argument;
  if (page == "requests") return Requests(request);
  if (page.starts_with("requests/"))
    return OneRequest(page.substr(std::string_view("requests/").size()));
  if (page == "connections") return Ok(log_.Connections());
  if (page == "blob") return Blob(request, false);
  if (page == "blob-hash") return Blob(request, true);
  if (page == "holds" && request.head.method == "DELETE") {
    holds_.Forget();
    return Ok(Json::object());
  }
  constexpr std::string_view kRelease = "release/";
  if (page.starts_with(kRelease))
    return Ok({{"released", holds_.Release(page.substr(kRelease.size()))}});
  return ErrorAnswer(Shape::kNone, 404, Cat("There is no /emulator/", page));
}

Answer Provider::Requests(const Request& request) {
  if (request.head.method == "DELETE") {
    log_.ForgetRequests();
    return Ok(Json::object());
  }
  const std::string path = QueryParameter(request.head.target, "path").value_or("");
  return Ok(log_.Requests(NumberParameter(request, "last", 100), path));
}

Answer Provider::OneRequest(const std::string& id) {
  const auto record = log_.Request(ParseNumber(id).value_or(0));
  return record ? Ok(*record)
                : ErrorAnswer(Shape::kNone, 404, Cat("Request ", id, " is not among those kept"));
}

Answer Provider::Blob(const Request& request, bool hash_only) {
  const uint64_t size = NumberParameter(request, "size", 0);
  const uint64_t seed = NumberParameter(request, "seed", 0);
  if (!hash_only) {
    Answer answer;
    answer.Set("Content-Type", "application/octet-stream");
    answer.body = std::make_unique<PatternSource>(seed, size, kPieceBytes);
    return answer;
  }
  Sha256Stream hash;
  std::string piece;
  for (uint64_t at = 0; at < size; at += piece.size()) {
    piece.clear();
    AppendPattern(seed, at, std::min<uint64_t>(kPieceBytes, size - at), piece);
    hash.Update(piece);
  }
  return Ok({{"size", size}, {"seed", seed}, {"sha256", hash.Hex()}});
}

}  // namespace sluice::emulator
