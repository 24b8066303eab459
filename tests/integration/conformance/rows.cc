#include "tests/integration/conformance/rows.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include "common/base/check.h"
#include "tests/integration/conformance/provider_rows.h"

namespace sluice::test {
namespace {

constexpr char kHost[] = "Host: gateway.test";
constexpr char kKey[] = "Authorization: Bearer {KEY}";
constexpr char kMadeId[] = "X-Request-Id: {ID}";
constexpr char kSluiceId[] = "X-Sluice-Request-Id: {ID}";

bool IsField(const std::string& line, std::string_view name) {
  return line.size() > name.size() && line[name.size()] == ':' &&
         std::equal(name.begin(), name.end(), line.begin(),
                    [](char a, char b) { return (a | 0x20) == (b | 0x20); });
}

void Append(Fields& fields, const Fields& more) {
  fields.insert(fields.end(), more.begin(), more.end());
}

// What the gateway itself answers with: reason phrase and type of each status that it uses.
struct OwnStatus {
  const char* reason;
  const char* type;
};
const std::map<int, OwnStatus>& OwnStatuses() {
  static const std::map<int, OwnStatus> statuses = {
      {400, {"Bad Request", "invalid_request_error"}},
      {401, {"Unauthorized", "authentication_error"}},
      {403, {"Forbidden", "authentication_error"}},
      {404, {"Not Found", "not_found_error"}},
      {405, {"Method Not Allowed", "invalid_request_error"}},
      {408, {"Request Timeout", "invalid_request_error"}},
      {413, {"Content Too Large", "invalid_request_error"}},
      {431, {"Request Header Fields Too Large", "invalid_request_error"}},
      {502, {"Bad Gateway", "provider_error"}},
      {503, {"Service Unavailable", "provider_error"}},
      {504, {"Gateway Timeout", "provider_error"}},
  };
  return statuses;
}

}  // namespace

std::string Lines(const Fields& lines, const std::string& body) {
  std::string text;
  for (const std::string& line : lines) text += line + "\r\n";
  return text + "\r\n" + body;
}

std::string Ask(const std::string& line, const Fields& fields, const std::string& body) {
  Fields lines = {line + " HTTP/1.1", kHost, kKey};
  Append(lines, fields);
  return Lines(lines, body);
}

std::string AskBare(const std::string& line, const Fields& fields, const std::string& body) {
  Fields lines = {line + " HTTP/1.1", kHost};
  Append(lines, fields);
  return Lines(lines, body);
}

std::string Reaches(const std::string& line, const Fields& fields, const std::string& provider,
                    const Fields& framing) {
  const ProviderRow& row = ProviderNamed(provider);
  Fields lines = {line + " HTTP/1.1", "Host: {UPSTREAM}"};
  Append(lines, fields);
  const bool has_id = std::any_of(fields.begin(), fields.end(), [](const std::string& field) {
    return IsField(field, "X-Request-Id");
  });
  if (!has_id) lines.push_back(kMadeId);
  for (const std::string& field : row.presets_own) {
    const std::string name = field.substr(0, field.find(':'));
    const bool sent = std::any_of(fields.begin(), fields.end(),
                                  [&](const std::string& each) { return IsField(each, name); });
    if (!sent) lines.push_back(field);
  }
  if (const std::string line = CredentialLine(row); !line.empty()) lines.push_back(line);
  Append(lines, framing);
  return Lines(lines);
}

std::string Answers(const std::string& status, const Fields& fields, const std::string& body) {
  Fields lines = {"HTTP/1.1 " + status};
  Append(lines, fields);
  lines.push_back("Content-Length: " + std::to_string(body.size()));
  return Lines(lines, body);
}

std::string Relayed(const std::string& status, const Fields& fields, const std::string& framing) {
  Fields lines = {"HTTP/1.1 " + status};
  Append(lines, fields);
  lines.push_back(kSluiceId);
  if (!framing.empty()) lines.push_back(framing);
  return Lines(lines);
}

std::string Chunks(const std::string& body, size_t size) {
  std::string text;
  for (size_t at = 0; at < body.size(); at += size) {
    const std::string piece = body.substr(at, size);
    char line[20];
    std::snprintf(line, sizeof line, "%zx\r\n", piece.size());
    text += line + piece + "\r\n";
  }
  return text + "0\r\n\r\n";
}

std::string AllBytes() {
  std::string bytes;
  for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);
  return bytes;
}

Case Through(const std::string& name, const std::string& sends, const std::string& reaches,
             const std::string& provider) {
  Case test{name};
  test.provider = provider;
  test.sends = sends;
  test.forwarded = Forwarded{reaches};
  test.answer.bytes = Answers("200 OK", {"Content-Type: text/plain"}, "ok");
  test.received.head = Relayed("200 OK", {"Content-Type: text/plain"}, "Content-Length: 2");
  test.received.body = "ok";
  return test;
}

Case Path(const std::string& name, const std::string& endpoint, const std::string& path,
          const std::string& provider) {
  return Through(name, Ask("GET /p/" + provider + "/" + endpoint),
                 Reaches("GET " + path, {}, provider), provider);
}

Case RequestHeader(const std::string& name, const Fields& sent, const Fields& received,
                   const std::string& provider) {
  const std::string& base = ProviderNamed(provider).base_url;
  const std::string path = base.substr(std::string("http://{UPSTREAM}").size());
  return Through(name, Ask("GET /p/" + provider + "/models", sent),
                 Reaches("GET " + path + "/models", received, provider), provider);
}

Case Upload(const std::string& name, const Fields& fields, const std::string& wire_body,
            const Fields& framing, const std::string& body) {
  Case test = Through(name, Ask("POST /p/openai/files", fields, wire_body),
                      Reaches("POST /v1/files", {}, "openai", framing));
  test.forwarded->body = body;
  return test;
}

Case Answer(const std::string& name, const std::string& bytes, const std::string& head,
            const std::string& body) {
  Case test = Path(name, "models", "/v1/models");
  test.answer.bytes = bytes;
  test.received.head = head;
  test.received.body = body;
  return test;
}

Case AnswerHeader(const std::string& name, const Fields& sent, const Fields& received,
                  const std::string& provider) {
  Case test = RequestHeader(name, {}, {}, provider);
  test.answer.bytes = Answers("200 OK", sent, "ok");
  test.received.head = Relayed("200 OK", received, "Content-Length: 2");
  test.received.body = "ok";
  return test;
}

Received Own(int status, const std::string& code, const Fields& more) {
  const auto known = OwnStatuses().find(status);
  SLUICE_CHECK(known != OwnStatuses().end(),
               "a case expects a status that the gateway never gives");
  Fields lines = {"HTTP/1.1 " + std::to_string(status) + " " + known->second.reason,
                  "Content-Type: application/json"};
  Append(lines, more);
  lines.push_back(kSluiceId);
  lines.push_back("Content-Length: {LENGTH}");
  return {Lines(lines), "", Envelope{known->second.type, code}};
}

Case Refusal(const std::string& name, const std::string& sends, int status, const std::string& code,
             const Fields& more) {
  Case test{name};
  test.sends = sends;
  test.received = Own(status, code, more);
  return test;
}

Case RefusedPath(const std::string& name, const std::string& endpoint, const std::string& code) {
  return Refusal(name, Ask("GET /p/openai/" + endpoint), 400, code);
}

Case Malformed(const std::string& name, const std::string& sends) {
  return Closing(Refusal(name, sends, 400, "malformed_request"));
}

Case BadAnswer(const std::string& name, const std::string& bytes, ProviderEnd end,
               const std::string& code, int status) {
  Case test = Path(name, "models", "/v1/models");
  test.answer = {bytes, When::kAfterRequest, end, true};
  test.received = Own(status, code);
  return test;
}

Case Cut(const std::string& name, const std::string& bytes, const std::string& head,
         const std::string& body, ProviderEnd end) {
  Case test = Answer(name, bytes, head, body);
  test.answer.end = end;
  test.answer.spent = true;
  test.received.then = ClientSees::kCut;
  return test;
}

Case Closing(Case test) {
  std::string& head = test.received.head;
  head.insert(head.size() - 2, "Connection: close\r\n");
  test.received.then = ClientSees::kClosed;
  return test;
}

Case WithSettings(Case test, const Fields& settings) {
  test.settings = settings;
  return test;
}

Case NotPipelined(Case test, const std::string& reason) {
  test.not_pipelined = reason;
  return test;
}

Case WithBody(Case test) {
  test.not_fragmented = "whether the connection stays depends on how much of the body has come";
  return test;
}

Case At(Case test, const std::string& provider) {
  test.provider = provider;
  return test;
}

const Case& OrdinaryCase() {
  static const Case ordinary = OrdinaryCase("openai");
  return ordinary;
}

Case OrdinaryCase(const std::string& provider) {
  return RequestHeader("an ordinary request", {"X-Ordinary: yes"}, {"X-Ordinary: yes"}, provider);
}

const Case& ProbeCase() {
  static const Case probe =
      Refusal("a request that is not below /p/", AskBare("GET /not-a-route"), 404, "unknown_route");
  return probe;
}

}  // namespace sluice::test
