// docs/PASSTHROUGH.md 4.1, 4.2, 4.4 and 4.5: an answer arrives as the provider sent it.
#include "tests/integration/conformance/rows.h"

namespace sluice::test {
namespace {

constexpr char kChunked[] = "Transfer-Encoding: chunked";

// Fields that arrive as they were sent.
Case Kept(const std::string& name, const Fields& fields) {
  return AnswerHeader("4.1 " + name, fields, fields);
}

// Fields that end at the gateway, between two that do not.
Case Ends(const std::string& name, const Fields& fields) {
  Fields sent = {"X-Before: 1"};
  sent.insert(sent.end(), fields.begin(), fields.end());
  sent.push_back("X-Behind: 2");
  return AnswerHeader("4.2 " + name, sent, {"X-Before: 1", "X-Behind: 2"});
}

Case Status(const std::string& status, const Fields& fields, const std::string& body) {
  return Answer("4.1 " + status, Answers(status, fields, body),
                Relayed(status, fields, "Content-Length: " + std::to_string(body.size())), body);
}

Case InChunks(const std::string& name, const std::string& body, size_t size) {
  return Answer("4.1 " + name, Lines({"HTTP/1.1 200 OK", kChunked}, Chunks(body, size)),
                Relayed("200 OK", {}, kChunked), body);
}

Case RawChunks(const std::string& name, const std::string& wire, const std::string& body) {
  return Answer("4.1 " + name, Lines({"HTTP/1.1 200 OK", kChunked}, wire),
                Relayed("200 OK", {}, kChunked), body);
}

// An answer without a body: exactly these lines, and what is left of them.
Case Bodyless(const std::string& name, const std::string& method, const Fields& sent,
              const Fields& received) {
  Case test =
      Through("4.4 " + name, Ask(method + " /p/openai/models"), Reaches(method + " /v1/models"));
  test.answer.bytes = Lines(sent);
  test.received.head = Lines(received);
  test.received.body = "";
  return test;
}

// Bytes behind an answer, which are nobody's.
Case Surplus(Case test, const std::string& bytes) {
  test.answer.bytes += bytes;
  test.answer.surplus = true;
  return test;
}

// Where the length says so, the connection is known to be bad.
Case Longer(Case test, const std::string& bytes) {
  test = Surplus(std::move(test), bytes);
  test.answer.spent = true;
  return test;
}

Case Informed(const std::string& name, const std::string& before) {
  return Answer("4.4 " + name, before + Answers("200 OK", {}, "ok"),
                Relayed("200 OK", {}, "Content-Length: 2"), "ok");
}

Case UntilClose(const std::string& name, const std::string& version, const Fields& fields,
                const Fields& received, const std::string& body) {
  Fields lines = {version + " 200 OK"};
  lines.insert(lines.end(), fields.begin(), fields.end());
  Case test =
      Answer("4.5 " + name, Lines(lines, body), Relayed("200 OK", received, kChunked), body);
  test.answer.end = ProviderEnd::kClose;
  return test;
}

std::string Big(size_t size) {
  std::string text;
  text.reserve(size);
  for (size_t i = 0; i < size; ++i) text += static_cast<char>(i * 17 + i / 253);
  return text;
}

constexpr char kError[] = R"({"error":{"message":"theirs","type":"their_type"}})";
const Fields kJson = {"Content-Type: application/json"};
constexpr char kId[] = "X-Sluice-Request-Id: {ID}";

Cases Whole() {
  return {
      Kept("no fields", {}),
      Kept("order", {"X-C: 1", "X-A: 2", "X-B: 3"}),
      Kept("duplicates", {"X-A: 1", "X-A: 1", "x-a: 2", "Link: a", "Link: b"}),
      Kept("spelling", {"x-lower: a", "X-UPPER: b", "x-MiXeD: c"}),
      Kept("an empty value", {"X-Empty: ", "X-Behind: a"}),
      Kept("bytes over 126 in a value", {"X-A: \x80\xc3\xa9\xff"}),
      Kept("marks in a name", {"X!#$%&'*+-.^_`|~1: a"}),
      Kept("x-ratelimit fields",
           {"x-ratelimit-remaining-requests: 59", "anthropic-ratelimit-tokens-limit: 1"}),
      Kept("request-id", {"request-id: req_011", "openai-processing-ms: 5", "CF-RAY: abc"}),
      Kept("Date and Server", {"Date: Sun, 06 Nov 1994 08:49:37 GMT", "Server: theirs"}),
      Kept("Content-Type", {"Content-Type: text/event-stream; charset=utf-8"}),
      Kept("WWW-Authenticate", {"WWW-Authenticate: Bearer realm=\"x\""}),
      Kept("a long value", {"X-A: " + std::string(40000, 'v')}),
      AnswerHeader("4.1 white space around a value goes", {"X-A:   a ", "X-B:b"},
                   {"X-A: a", "X-B: b"}),
      Answer("4.1 a length before other fields",
             Lines({"HTTP/1.1 200 OK", "X-A: 1", "Content-Length: 2", "X-B: 2"}, "ok"),
             Relayed("200 OK", {"X-A: 1", "Content-Length: 2", "X-B: 2"}, ""), "ok"),
      Answer("4.1 a length in another spelling",
             Lines({"HTTP/1.1 200 OK", "content-length: 2", "X-B: 2"}, "ok"),
             Relayed("200 OK", {"content-length: 2", "X-B: 2"}, ""), "ok"),
      Answer("4.1 chunked before other fields",
             Lines({"HTTP/1.1 200 OK", kChunked, "X-B: 2"}, Chunks("ok", 1)),
             Relayed("200 OK", {kChunked, "X-B: 2"}, ""), "ok"),
      Answer("4.1 a reason of its own", Lines({"HTTP/1.1 200 Fine by me", "Content-Length: 0"}),
             Relayed("200 Fine by me", {}, "Content-Length: 0"), ""),
      Answer("4.1 no reason", Lines({"HTTP/1.1 200", "Content-Length: 0"}),
             Relayed("200 ", {}, "Content-Length: 0"), ""),
      Status("200 OK", {}, ""),
      Status("201 Created", {"X-A: 1"}, "made"),
      Status("202 Accepted", {}, "later"),
      Status("206 Partial Content", {"Content-Range: bytes 0-1/9"}, "ab"),
      Status("299 Odd", {}, "odd"),
      Status("400 Bad Request", kJson, kError),
      Status("401 Unauthorized", {"Content-Type: application/json", "WWW-Authenticate: Bearer"},
             kError),
      Status("403 Forbidden", kJson, kError),
      Status("404 Not Found", {"Content-Type: text/html"}, "<html>not here</html>"),
      Status("405 Method Not Allowed", {"Allow: GET"}, ""),
      Status("413 Payload Too Large", kJson, kError),
      Status("422 Unprocessable Entity", kJson, kError),
      Status("429 Too Many Requests",
             {"Retry-After: 7", "x-ratelimit-limit-requests: 60", "Content-Type: application/json"},
             kError),
      Status("500 Internal Server Error", kJson, kError),
      Status("502 Bad Gateway", kJson, kError),
      Status("503 Service Unavailable", {"Retry-After: Sun, 06 Nov 1994 08:49:37 GMT"}, kError),
      Status("529 Site is overloaded", {"Retry-After: 30", "x-should-retry: true"}, kError),
      Status("599 Last", {}, ""),
  };
}

Cases Bodies() {
  return {
      InChunks("a chunked body", "hello world", 5),
      InChunks("a chunked body of no bytes", "", 1),
      InChunks("all byte values in one chunk", AllBytes(), 256),
      InChunks("all byte values in chunks of 1", AllBytes(), 1),
      InChunks("all byte values in chunks of 2", AllBytes(), 2),
      InChunks("all byte values in chunks of 3", AllBytes(), 3),
      InChunks("all byte values in chunks of 100", AllBytes(), 100),
      InChunks("a chunked megabyte", Big(1 << 20), 30000),
      RawChunks("chunk extensions are dropped", "5;a=b\r\nhello\r\n0;c\r\n\r\n", "hello"),
      RawChunks("chunk sizes in capitals and with zeros", "00A\r\n0123456789\r\n000\r\n\r\n",
                "0123456789"),
      RawChunks("trailers are dropped", "5\r\nhello\r\n0\r\nX-Sum: 1\r\nContent-Length: 9\r\n\r\n",
                "hello"),
      RawChunks("an event stream",
                "7\r\ndata: a\r\n2\r\n\n\n\r\nf\r\ndata: [DONE]\n\n\n\r\n0\r\n\r\n",
                "data: a\n\ndata: [DONE]\n\n\n"),
      Answer("4.1 all byte values with a length", Answers("200 OK", {}, AllBytes()),
             Relayed("200 OK", {}, "Content-Length: 256"), AllBytes()),
      Answer("4.1 a megabyte with a length", Answers("200 OK", {}, Big(1 << 20)),
             Relayed("200 OK", {}, "Content-Length: 1048576"), Big(1 << 20)),
      Answer("4.1 gzip bytes are not touched",
             Answers("200 OK", {"Content-Encoding: gzip", "Vary: Accept-Encoding"},
                     "\x1f\x8b\x08" + AllBytes()),
             Relayed("200 OK", {"Content-Encoding: gzip", "Vary: Accept-Encoding"},
                     "Content-Length: 259"),
             "\x1f\x8b\x08" + AllBytes()),
      Answer("4.1 gzip in chunks is not touched",
             Lines({"HTTP/1.1 200 OK", "Content-Encoding: gzip", kChunked},
                   Chunks("\x1f\x8b not really", 3)),
             Relayed("200 OK", {"Content-Encoding: gzip"}, kChunked), "\x1f\x8b not really"),
      Answer("4.1 an unknown Content-Encoding is not touched",
             Answers("200 OK", {"Content-Encoding: zstd, x-own"}, "bytes"),
             Relayed("200 OK", {"Content-Encoding: zstd, x-own"}, "Content-Length: 5"), "bytes"),
      Answer("4.1 an error in chunks",
             Lines({"HTTP/1.1 429 Slow", "Retry-After: 1", kChunked}, Chunks(kError, 9)),
             Relayed("429 Slow", {"Retry-After: 1"}, kChunked), kError),
  };
}

Cases Removed() {
  return {
      Ends("Set-Cookie", {"Set-Cookie: a=b", "set-cookie: c=d"}),
      Ends("Alt-Svc", {"Alt-Svc: h3=\":443\""}),
      Ends("Strict-Transport-Security", {"Strict-Transport-Security: max-age=1"}),
      Ends("Public-Key-Pins", {"Public-Key-Pins: pin-sha256=\"x\""}),
      Ends("X-Sluice fields", {"X-Sluice-Request-Id: theirs", "x-sluice-other: a"}),
      Ends("Connection with names", {"Connection: X-Hop, x-other", "X-Hop: a", "X-Other: b"}),
      Ends("Connection: keep-alive", {"Connection: keep-alive", "Keep-Alive: timeout=5, max=9"}),
      Ends("Proxy fields", {"Proxy-Connection: close", "Proxy-Authenticate: Basic"}),
      Ends("TE and Trailer", {"TE: trailers", "Trailer: X-Sum"}),
      Ends("Upgrade", {"Upgrade: h2c", "Connection: Upgrade"}),
      AnswerHeader("4.2 the provider's request ids stay", {"X-Request-Id: theirs"},
                   {"X-Request-Id: theirs"}),
      AnswerHeader("4.2 names like removed ones stay", {"Set-Cookies: a", "Alt-Svc2: b"},
                   {"Set-Cookies: a", "Alt-Svc2: b"}),
      AnswerHeader("4.2 Via and Cookie of an answer are nobody's", {"Via: 1.1 theirs"},
                   {"Via: 1.1 theirs"}),
  };
}

Cases WithoutBody() {
  return {
      Bodyless("HEAD with a length", "HEAD", {"HTTP/1.1 200 OK", "Content-Length: 1234"},
               {"HTTP/1.1 200 OK", kId, "Content-Length: 1234"}),
      Bodyless("HEAD with a length before other fields", "HEAD",
               {"HTTP/1.1 200 OK", "content-length: 7", "X-A: 1"},
               {"HTTP/1.1 200 OK", "content-length: 7", "X-A: 1", kId}),
      Bodyless("HEAD of a chunked answer", "HEAD", {"HTTP/1.1 200 OK", kChunked},
               {"HTTP/1.1 200 OK", kId, kChunked}),
      Bodyless("HEAD without framing", "HEAD", {"HTTP/1.1 200 OK", "X-A: 1"},
               {"HTTP/1.1 200 OK", "X-A: 1", kId}),
      Bodyless("HEAD of an error", "HEAD", {"HTTP/1.1 404 Not Found", "Content-Length: 9"},
               {"HTTP/1.1 404 Not Found", kId, "Content-Length: 9"}),
      Bodyless("204", "GET", {"HTTP/1.1 204 No Content", "X-A: 1"},
               {"HTTP/1.1 204 No Content", "X-A: 1", kId}),
      Bodyless("204 to DELETE", "DELETE", {"HTTP/1.1 204 No Content"},
               {"HTTP/1.1 204 No Content", kId}),
      Bodyless("204 with a length of 0", "GET", {"HTTP/1.1 204 No Content", "Content-Length: 0"},
               {"HTTP/1.1 204 No Content", kId}),
      Bodyless("304", "GET", {"HTTP/1.1 304 Not Modified", "ETag: \"a\""},
               {"HTTP/1.1 304 Not Modified", "ETag: \"a\"", kId}),
      Bodyless("304 with the length of what there would be", "GET",
               {"HTTP/1.1 304 Not Modified", "Content-Length: 99"},
               {"HTTP/1.1 304 Not Modified", kId, "Content-Length: 99"}),
      Surplus(Bodyless("HEAD with a body all the same", "HEAD",
                       {"HTTP/1.1 200 OK", "Content-Length: 5"},
                       {"HTTP/1.1 200 OK", kId, "Content-Length: 5"}),
              "hello"),
      Surplus(Bodyless("204 with a body all the same", "GET", {"HTTP/1.1 204 No Content"},
                       {"HTTP/1.1 204 No Content", kId}),
              "hello"),
      Surplus(Bodyless("304 with a body all the same", "GET", {"HTTP/1.1 304 Not Modified"},
                       {"HTTP/1.1 304 Not Modified", kId}),
              "hello"),
      Surplus(Bodyless("HEAD and a second answer", "HEAD", {"HTTP/1.1 200 OK", "Content-Length: 5"},
                       {"HTTP/1.1 200 OK", kId, "Content-Length: 5"}),
              Answers("200 OK", {}, "evil!")),
      Longer(Status("200 Longer than its length", {}, "ok"), "more"),
      Longer(Status("200 And a second answer", {}, "ok"), Answers("200 OK", {}, "evil!")),
      Surplus(InChunks("a second answer behind chunks", "hello", 2),
              Answers("200 OK", {}, "evil!")),
      Surplus(InChunks("one byte behind chunks", "hello", 2), "x"),
      Informed("100 is consumed", "HTTP/1.1 100 Continue\r\n\r\n"),
      Informed("103 with fields is consumed", "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n"),
      Informed("102 twice is consumed",
               "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 102 Processing\r\nX-A: 1\r\n\r\n"),
      Informed("199 is consumed", "HTTP/1.1 199 Odd\r\nContent-Length: 5\r\n\r\n"),
  };
}

Cases UntilTheEnd() {
  return {
      UntilClose("no framing", "HTTP/1.1", {"X-A: 1"}, {"X-A: 1"}, "until the end"),
      UntilClose("Connection: close and no framing", "HTTP/1.1", {"Connection: close"}, {},
                 "until the end"),
      UntilClose("HTTP/1.0", "HTTP/1.0", {"Content-Type: text/plain"}, {"Content-Type: text/plain"},
                 "until the end"),
      UntilClose("no bytes at all", "HTTP/1.0", {}, {}, ""),
      UntilClose("all byte values", "HTTP/1.1", {}, {}, AllBytes()),
      UntilClose("a body that looks like chunks", "HTTP/1.1", {}, {}, "5\r\nhello\r\n0\r\n\r\n"),
      UntilClose("a megabyte", "HTTP/1.1", {}, {}, Big(1 << 20)),
  };
}

}  // namespace

Cases Section4Answers() {
  Cases all;
  for (const Cases& part : {Whole(), Bodies(), Removed(), WithoutBody(), UntilTheEnd()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace sluice::test
