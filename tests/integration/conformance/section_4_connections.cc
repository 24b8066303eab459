// docs/PASSTHROUGH.md 4.5, 4.6 and 4.8: how connections end, on both sides.
#include "tests/integration/conformance/rows.h"

namespace sluice::test {
namespace {

constexpr char kChunked[] = "Transfer-Encoding: chunked";

// A request of HTTP/1.0; its Host is its own.
Case Old(const std::string& name, const Fields& fields) {
  Fields lines = {"GET /p/openai/models HTTP/1.0", "api-key: {KEY}"};
  lines.insert(lines.end(), fields.begin(), fields.end());
  return Through(name, Lines(lines), Reaches("GET /v1/models"));
}

Case OldWithAnswer(const std::string& name, const Fields& fields, const std::string& bytes,
                   const std::string& head, const std::string& body) {
  Case test = Old(name, fields);
  test.answer.bytes = bytes;
  test.received.head = head;
  test.received.body = body;
  return test;
}

Case StaysOld(Case test) {
  std::string& head = test.received.head;
  head.insert(head.size() - 2, "Connection: keep-alive\r\n");
  return test;
}

Case ThenClosedByProvider(Case test) {
  test.answer.end = ProviderEnd::kClose;
  return test;
}

Case Spent(Case test) {
  test.answer.spent = true;
  return test;
}

// The provider says that it closes, but keeps the connection open: another is used all the same.
Case SaysClose(const std::string& name, const std::string& field) {
  Case test = AnswerHeader("4.8 " + name, {field}, {});
  test.answer.spent = true;
  test.answer.end = ProviderEnd::kHalfClose;
  return test;
}

Case CutBody(const std::string& name, const std::string& body, ProviderEnd end,
             const std::string& length = "100") {
  return Cut("4.6 " + name, Lines({"HTTP/1.1 200 OK", "Content-Length: " + length}, body),
             Relayed("200 OK", {}, "Content-Length: " + length), body, end);
}

Case CutChunks(const std::string& name, const std::string& wire, const std::string& body,
               ProviderEnd end = ProviderEnd::kSilent) {
  return Cut("4.6 " + name, Lines({"HTTP/1.1 200 OK", kChunked}, wire),
             Relayed("200 OK", {}, kChunked), body, end);
}

Case CutForOldClient() {
  Case test = OldWithAnswer("4.6 a chunked body for an HTTP/1.0 client ends with a reset", {},
                            Lines({"HTTP/1.1 200 OK", kChunked}, "5\r\nhello\r\n"),
                            Relayed("200 OK", {"Connection: close"}, ""), "hello");
  test.received.head = Lines({"HTTP/1.1 200 OK", "X-Sluice-Request-Id: {ID}", "Connection: close"});
  test.answer.end = ProviderEnd::kClose;
  test.answer.spent = true;
  test.received.then = ClientSees::kCut;
  return test;
}

// Without the client's field, the connection would stay.
Case AsksToClose(const std::string& name, const std::string& field) {
  return Closing(
      Through("4.8 " + name, Ask("GET /p/openai/models", {field}), Reaches("GET /v1/models")));
}

Case AsksNothing(const std::string& name, const Fields& fields) {
  return Through("4.8 " + name, Ask("GET /p/openai/models", fields), Reaches("GET /v1/models"));
}

const std::string kOk = Answers("200 OK", {}, "ok");
const std::string kOkHead = Relayed("200 OK", {}, "Content-Length: 2");

}  // namespace

Cases Section4Connections() {
  return {
      CutBody("a length that is not kept, closed", "only this", ProviderEnd::kClose),
      CutBody("a length that is not kept, half-closed", "only this", ProviderEnd::kHalfClose),
      CutBody("one byte too few", "12345678", ProviderEnd::kClose, "9"),
      CutBody("no byte of a length", "", ProviderEnd::kClose, "9"),
      CutChunks("chunks without an end, closed", "5\r\nhello\r\n", "hello", ProviderEnd::kClose),
      CutChunks("an end inside a chunk", "5\r\nhel", "hel", ProviderEnd::kClose),
      CutChunks("an end inside a chunk size", "5\r\nhello\r\n1", "hello", ProviderEnd::kClose),
      CutChunks("an end before the last line", "5\r\nhello\r\n0\r\n", "hello", ProviderEnd::kClose),
      CutChunks("an end inside the trailers", "5\r\nhello\r\n0\r\nX-A: 1\r\n", "hello",
                ProviderEnd::kClose),
      CutChunks("a bad chunk size", "5\r\nhello\r\nzz\r\n", "hello"),
      CutChunks("a chunk longer than its size", "5\r\nhello!\r\n", "hello"),
      CutChunks("no chunk at all", "hello", ""),
      CutChunks("a huge chunk size", "5\r\nhello\r\nfffffffffffffffff\r\n", "hello"),
      CutForOldClient(),

      AsksToClose("Connection: close of the client", "Connection: close"),
      AsksToClose("Connection: close in capitals", "CONNECTION: CLOSE"),
      AsksToClose("Connection: close among others", "Connection: x, close ,y"),
      AsksNothing("no Connection of the client", {}),
      AsksNothing("Connection: keep-alive of the client", {"Connection: keep-alive"}),
      AsksNothing("an unknown Connection of the client", {"Connection: closed"}),
      Closing(Refusal("4.8 a refusal of a request that closes",
                      Ask("GET /p/openai/..", {"Connection: close"}), 400, "invalid_path")),
      Refusal("4.8 a refusal keeps the connection", Ask("GET /p/openai/.."), 400, "invalid_path"),
      WithBody(Refusal("4.8 a refusal after which the body is skipped",
                       Ask("POST /p/openai/..", {"Content-Length: 9"}, "some body"), 400,
                       "invalid_path")),
      WithBody(Refusal(
          "4.8 a refusal after which a body like a request is skipped",
          Ask("POST /p/nobody/x", {"Content-Length: 29"}, "GET /not-a-route HTTP/1.1\r\n\r\n"), 400,
          "provider_not_enabled")),
      Through("4.8 an empty line before a request", "\r\n" + Ask("GET /p/openai/models"),
              Reaches("GET /v1/models")),

      Closing(Old("4.8 HTTP/1.0", {})),
      Closing(Old("4.8 HTTP/1.0 with a Host", {"Host: gateway.test"})),
      Closing(Old("4.8 HTTP/1.0 and Connection: close", {"Connection: close"})),
      StaysOld(Old("4.8 HTTP/1.0 and Connection: keep-alive", {"Connection: keep-alive"})),
      Closing(OldWithAnswer(
          "4.5 HTTP/1.0 gets chunks until the connection closes", {"Connection: keep-alive"},
          Lines({"HTTP/1.1 200 OK", kChunked, "X-A: 1"}, Chunks("hello", 2)),
          Lines({"HTTP/1.1 200 OK", "X-A: 1", "X-Sluice-Request-Id: {ID}"}), "hello")),
      ThenClosedByProvider(Closing(OldWithAnswer(
          "4.5 HTTP/1.0 gets a body without framing", {}, Lines({"HTTP/1.0 200 OK"}, "hello"),
          Lines({"HTTP/1.1 200 OK", "X-Sluice-Request-Id: {ID}"}), "hello"))),
      Closing(OldWithAnswer("4.5 HTTP/1.0 and a length", {}, kOk, kOkHead, "ok")),
      Closing(Refusal("4.8 HTTP/1.0 and a refusal",
                      Lines({"GET /p/openai/.. HTTP/1.0", "api-key: {KEY}"}), 400, "invalid_path")),

      SaysClose("Connection: close of the provider", "Connection: close"),
      SaysClose("Connection: close of the provider in capitals", "connection: CLOSE"),
      ThenClosedByProvider(Answer("4.8 a provider that closes without a word", kOk, kOkHead, "ok")),
      ThenClosedByProvider(Answer("4.8 a provider of HTTP/1.0",
                                  Lines({"HTTP/1.0 200 OK", "Content-Length: 2"}, "ok"), kOkHead,
                                  "ok")),
      // The next request to it is one of HTTP/1.1 again.
      Spent(Answer("4.8 a provider of HTTP/1.0 that keeps the connection",
                   Lines({"HTTP/1.0 200 OK", "Connection: keep-alive", "Content-Length: 2"}, "ok"),
                   kOkHead, "ok")),
  };
}

}  // namespace sluice::test
