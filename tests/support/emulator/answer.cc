#include "tests/support/emulator/answer.h"

#include <utility>

#include "tests/support/emulator/text.h"

namespace sluice::emulator {
namespace {

std::unique_ptr<BodySource> Text(std::string text, const Controls& controls) {
  const size_t piece = controls.chunk > 0 ? controls.chunk : kPieceBytes;
  return std::make_unique<TextSource>(std::make_shared<const std::string>(std::move(text)), piece);
}

void ReplaceBody(const Controls& controls, const std::string& received_body, Answer& answer) {
  const size_t piece = controls.chunk > 0 ? controls.chunk : kPieceBytes;
  if (controls.size) {
    answer.body = std::make_unique<PatternSource>(controls.seed, *controls.size, piece);
    answer.Set("Content-Type", "application/octet-stream");
  } else if (controls.echo) {
    answer.body = Text(received_body, controls);
    answer.Set("Content-Type", "application/octet-stream");
  } else if (controls.body) {
    answer.body = Text(*controls.body, controls);
  } else if (controls.raw) {
    answer.body = Text(*controls.raw, controls);
  }
}

void Compress(Answer& answer) {
  answer.Set("Content-Encoding", "gzip");
  const auto length = answer.body->Length();
  if (!length || *length > kPieceBytes) {
    answer.body = std::make_unique<GzipSource>(std::move(answer.body));
    return;
  }
  std::string plain;
  while (answer.body->Next(plain)) {
  }
  answer.body = Text(Gzip(plain), Controls());
}

// The first control of a name replaces a field of the answer, further ones are duplicates.
void ReplaceHeaders(const std::vector<Field>& headers, Answer& answer) {
  for (size_t i = 0; i < headers.size(); ++i) {
    bool repeated = false;
    for (size_t j = 0; j < i; ++j)
      repeated = repeated || SameName(headers[j].name, headers[i].name);
    if (repeated) {
      answer.headers.push_back(headers[i]);
    } else {
      answer.Set(headers[i].name, headers[i].value);
    }
  }
}

// A short answer can be rewritten in pieces only if its source is rebuilt with the piece size.
void Rechunk(const Controls& controls, Answer& answer) {
  const auto length = answer.body->Length();
  if (!length || *length > kPieceBytes) return;
  std::string text;
  while (answer.body->Next(text)) {
  }
  answer.body = Text(std::move(text), controls);
}

}  // namespace

void Answer::Set(std::string_view name, std::string_view value) {
  for (Field& field : headers) {
    if (!SameName(field.name, name)) continue;
    field = {std::string(name), std::string(value)};
    return;
  }
  headers.push_back({std::string(name), std::string(value)});
}

Answer BytesAnswer(std::string_view type, std::shared_ptr<const std::string> bytes) {
  Answer answer;
  answer.headers.push_back({"Content-Type", std::string(type)});
  answer.body = std::make_unique<TextSource>(std::move(bytes), kPieceBytes);
  return answer;
}

Answer TextAnswer(int status, std::string_view type, std::string text) {
  Answer answer = BytesAnswer(type, std::make_shared<const std::string>(std::move(text)));
  answer.status = status;
  return answer;
}

Answer JsonAnswer(int status, std::string text) {
  return TextAnswer(status, "application/json", std::move(text));
}

Answer EventAnswer(std::string_view type, EventSource::Event event) {
  Answer answer;
  answer.headers.push_back({"Content-Type", std::string(type)});
  answer.headers.push_back({"Cache-Control", "no-cache"});
  answer.body = std::make_unique<EventSource>(std::move(event));
  return answer;
}

void ApplyControls(const Controls& controls, const std::string& received_body, Answer& answer) {
  ReplaceBody(controls, received_body, answer);
  if (controls.redirect) {
    answer.status = 302;
    answer.Set("Location", *controls.redirect);
  }
  if (controls.status) answer.status = *controls.status;
  if (controls.type) answer.Set("Content-Type", *controls.type);
  if (controls.chunk > 0 && answer.body != nullptr) Rechunk(controls, answer);
  if (controls.gzip && answer.body != nullptr && !controls.raw) Compress(answer);
  ReplaceHeaders(controls.headers, answer);
}

std::string_view ReasonPhrase(int status) {
  static constexpr std::pair<int, std::string_view> kReasons[] = {
      {100, "Continue"},
      {103, "Early Hints"},
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No Content"},
      {206, "Partial Content"},
      {301, "Moved Permanently"},
      {302, "Found"},
      {303, "See Other"},
      {304, "Not Modified"},
      {307, "Temporary Redirect"},
      {308, "Permanent Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {408, "Request Timeout"},
      {413, "Content Too Large"},
      {429, "Too Many Requests"},
      {500, "Internal Server Error"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
      {529, "Overloaded"},
  };
  for (const auto& [known, reason] : kReasons) {
    if (known == status) return reason;
  }
  return "Status";
}

}  // namespace sluice::emulator
