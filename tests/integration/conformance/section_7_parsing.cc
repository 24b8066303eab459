// docs/PASSTHROUGH.md 7: what is not accepted as HTTP. Each is answered 400 and the connection
// closes, and nothing of it reaches a provider but the beginning of a body that was sound.
#include "tests/integration/conformance/rows.h"

namespace sluice::test {
namespace {

using std::string_literals::operator""s;

constexpr char kTarget[] = "/p/openai/models";

// A GET with one more line, with its line end, behind Host and key.
Case BadLine(const std::string& name, const std::string& line) {
  return Malformed("7 " + name,
                   "GET /p/openai/models HTTP/1.1\r\nHost: gateway.test\r\n"
                   "Authorization: Bearer {KEY}\r\n" +
                       line + "\r\n");
}

// The same for a POST whose body is `body`.
Case BadPost(const std::string& name, const Fields& fields, const std::string& body = "") {
  return Malformed("7 " + name, Ask("POST /p/openai/files", fields, body));
}

Case BadRequestLine(const std::string& name, const std::string& line) {
  return Malformed("7 " + name, Lines({line, "Host: gateway.test", "Authorization: Bearer {KEY}"}));
}

// The head is sound, and what comes of the body until it is not may reach the provider.
Case BadChunks(const std::string& name, const std::string& wire, const std::string& body) {
  const std::string mark = "X-Case: " + name;
  Case test = BadPost(name, {"Transfer-Encoding: chunked", mark}, wire);
  test.forwarded = Forwarded{"", body, true, mark};
  return test;
}

Case Raw(const std::string& name, const std::string& bytes) {
  return Malformed("7 " + name, bytes);
}

std::string Target(const std::string& text) { return kTarget + text; }

Cases Framing() {
  return {
      BadPost("a length and a coding", {"Content-Length: 5", "Transfer-Encoding: chunked"},
              "0\r\n\r\n"),
      BadPost("a coding and a length", {"Transfer-Encoding: chunked", "Content-Length: 5"},
              "0\r\n\r\n"),
      BadPost("a length of 0 and a coding", {"Content-Length: 0", "Transfer-Encoding: chunked"},
              "0\r\n\r\n"),
      BadPost("two different lengths", {"Content-Length: 5", "Content-Length: 6"}, "hello!"),
      BadPost("two different lengths in one field", {"Content-Length: 5, 6"}, "hello!"),
      BadPost("two different lengths in two spellings", {"Content-Length: 5", "content-length: 6"},
              "hello!"),
      BadPost("a length that is no number", {"Content-Length: five"}, "hello"),
      BadPost("a length with a sign", {"Content-Length: +5"}, "hello"),
      BadPost("a negative length", {"Content-Length: -1"}),
      BadPost("a length in hex", {"Content-Length: 0x5"}, "hello"),
      BadPost("a length with a space inside", {"Content-Length: 1 0"}, "hello"),
      BadPost("an empty length", {"Content-Length:"}),
      BadPost("a length beyond all numbers", {"Content-Length: 18446744073709551616"}, "hello"),
      BadPost("a Transfer-Encoding of gzip", {"Transfer-Encoding: gzip"}, "hello"),
      BadPost("a Transfer-Encoding of gzip and chunked", {"Transfer-Encoding: gzip, chunked"},
              "0\r\n\r\n"),
      BadPost("a Transfer-Encoding of chunked and gzip", {"Transfer-Encoding: chunked, gzip"},
              "0\r\n\r\n"),
      BadPost("a Transfer-Encoding of chunked twice", {"Transfer-Encoding: chunked, chunked"},
              "0\r\n\r\n"),
      BadPost("two Transfer-Encodings",
              {"Transfer-Encoding: chunked", "Transfer-Encoding: chunked"}, "0\r\n\r\n"),
      BadPost("a Transfer-Encoding of identity", {"Transfer-Encoding: identity"}),
      BadPost("an empty Transfer-Encoding", {"Transfer-Encoding:"}),
      BadPost("a Transfer-Encoding in quotes", {"Transfer-Encoding: \"chunked\""}, "0\r\n\r\n"),
      BadPost("a Transfer-Encoding with a parameter", {"Transfer-Encoding: chunked;a=b"},
              "0\r\n\r\n"),
      BadPost("a Transfer-Encoding with a vertical tab", {"Transfer-Encoding: \vchunked"},
              "0\r\n\r\n"),
      Raw("a Transfer-Encoding in HTTP/1.0",
          "POST /p/openai/files HTTP/1.0\r\napi-key: {KEY}\r\nTransfer-Encoding: "
          "chunked\r\n\r\n0\r\n\r\n"),
  };
}

Cases HeaderLines() {
  return {
      BadLine("a folded header line", "X-A: 1\r\n 2\r\n"),
      BadLine("a header line folded with a tab", "X-A: 1\r\n\t2\r\n"),
      BadLine("a folded empty header line", "X-A: 1\r\n \r\n"),
      Raw("a folded first header line",
          "GET /p/openai/models HTTP/1.1\r\n Host: gateway.test\r\n\r\n"),
      BadLine("a folded line that hides a coding", "X-A: 1\r\n Transfer-Encoding: chunked\r\n"),
      BadLine("a bare LF behind a header", "X-A: 1\n"),
      BadLine("a bare LF inside a header", "X-A: 1\nX-B: 2\r\n"),
      BadLine("a bare CR inside a header", "X-A: 1\rX-B: 2\r\n"),
      BadLine("a bare CR at the end of a header", "X-A: 1\r\r\n"),
      Raw("bare LFs everywhere",
          "GET /p/openai/models HTTP/1.1\nHost: gateway.test\napi-key: {KEY}\n\n"),
      Raw("a bare LF behind the request line",
          "GET /p/openai/models HTTP/1.1\nHost: gateway.test\r\n\r\n"),
      Raw("a bare LF instead of the blank line",
          "GET /p/openai/models HTTP/1.1\r\nHost: gateway.test\r\n\n"),
      Raw("a bare LF before the request line", "\n" + Ask("GET /p/openai/models")),
      BadLine("NUL in a value", "X-A: 1\0002\r\n"s),
      BadLine("NUL in a name", "X\0A: 1\r\n"s),
      BadRequestLine("NUL in the target", "GET /p/openai/a\0b HTTP/1.1"s),
      BadLine("a control byte in a value", "X-A: \x01\r\n"),
      BadLine("an escape byte in a value", "X-A: \x1b[0m\r\n"),
      BadLine("DEL in a value", "X-A: \x7f\r\n"),
      BadLine("white space before the colon", "X-A : 1\r\n"),
      BadLine("a tab before the colon", "X-A\t: 1\r\n"),
      BadLine("white space before the colon of a length", "Content-Length : 5\r\n"),
      BadLine("white space before the colon of a coding", "Transfer-Encoding : chunked\r\n"),
      BadLine("a space in a name", "X A: 1\r\n"),
      BadLine("a name with a bracket", "X(A): 1\r\n"),
      BadLine("a name with a byte over 126", "X-\xc3\xa9: 1\r\n"),
      BadLine("no name", ": 1\r\n"),
      BadLine("no colon", "X-A\r\n"),
      Raw("no Host", "GET /p/openai/models HTTP/1.1\r\napi-key: {KEY}\r\n\r\n"),
      BadLine("Host twice", "Host: gateway.test\r\n"),
      BadLine("Host twice with another value", "host: other.test\r\n"),
      Raw("Host twice in HTTP/1.0",
          "GET /p/openai/models HTTP/1.0\r\nHost: a\r\nHost: a\r\napi-key: {KEY}\r\n\r\n"),
  };
}

Cases RequestLines() {
  return {
      BadRequestLine("a bad method", "G(T /p/openai/models HTTP/1.1"),
      BadRequestLine("a method with a colon", "GE:T /p/openai/models HTTP/1.1"),
      BadRequestLine("a method with a byte over 126", "G\xc3\xa9T /p/openai/models HTTP/1.1"),
      BadRequestLine("no method", " /p/openai/models HTTP/1.1"),
      BadRequestLine("a space before the method", " GET /p/openai/models HTTP/1.1"),
      BadRequestLine("no version", "GET /p/openai/models"),
      BadRequestLine("a bad version HTTP/2.0", "GET /p/openai/models HTTP/2.0"),
      BadRequestLine("a bad version HTTP/1.2", "GET /p/openai/models HTTP/1.2"),
      BadRequestLine("a bad version HTTP/0.9", "GET /p/openai/models HTTP/0.9"),
      BadRequestLine("a bad version in small letters", "GET /p/openai/models http/1.1"),
      BadRequestLine("a bad version of two digits", "GET /p/openai/models HTTP/1.10"),
      BadRequestLine("a bad version without a digit", "GET /p/openai/models HTTP/1."),
      BadRequestLine("a bad version of another protocol", "GET /p/openai/models RTSP/1.0"),
      BadRequestLine("a space behind the version", "GET /p/openai/models HTTP/1.1 "),
      BadRequestLine("a space in the target", "GET /p/openai/a b HTTP/1.1"),
      BadRequestLine("a tab in the target", "GET /p/openai/a\tb HTTP/1.1"),
      BadRequestLine("a tab behind the method", "GET\t/p/openai/models HTTP/1.1"),
      BadRequestLine("two spaces behind the method", "GET  /p/openai/models HTTP/1.1"),
      BadRequestLine("two spaces before the version", "GET /p/openai/models  HTTP/1.1"),
      BadRequestLine("no target", "GET HTTP/1.1"),
      BadRequestLine("a byte over 126 in the target", "GET " + Target("/\xc3\xa9") + " HTTP/1.1"),
      BadRequestLine("a byte over 126 in the query", "GET " + Target("?\xc3\xa9") + " HTTP/1.1"),
      BadRequestLine("DEL in the target", "GET " + Target("\x7f") + " HTTP/1.1"),
      Raw("two empty lines before the request line", "\r\n\r\n" + Ask("GET /p/openai/models")),
      Raw("a TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello \r\n\r\n"s),
      Raw("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
      Raw("a line of JSON", "{\"model\":\"m\"}\r\n\r\n"),
  };
}

Cases ChunkedBodies() {
  return {
      BadChunks("a bad chunk size", "zz\r\nhello\r\n0\r\n\r\n", ""),
      BadChunks("a bad chunk size with a sign", "+5\r\nhello\r\n0\r\n\r\n", ""),
      BadChunks("a bad chunk size with 0x", "0x5\r\nhello\r\n0\r\n\r\n", ""),
      BadChunks("a bad chunk size with a space before", " 5\r\nhello\r\n0\r\n\r\n", ""),
      BadChunks("a bad chunk size that is empty", "\r\nhello\r\n0\r\n\r\n", ""),
      BadChunks("a bad chunk size beyond all numbers", "10000000000000000\r\nhello\r\n0\r\n\r\n",
                ""),
      BadChunks("a bad chunk size behind a good chunk", "5\r\nhello\r\nq\r\n\r\n", "hello"),
      BadChunks("a chunk longer than its size", "5\r\nhello!\r\n0\r\n\r\n", "hello"),
      BadChunks("a chunk shorter than its size", "6\r\nhello\r\n0\r\n\r\n", "hello\r"),
      BadChunks("a bare LF behind a chunk size", "5\nhello\r\n0\r\n\r\n", ""),
      BadChunks("a bare LF behind a chunk", "5\r\nhello\n0\r\n\r\n", "hello"),
      BadChunks("a bare CR in a chunk extension", "5;a=\rb\r\nhello\r\n0\r\n\r\n", ""),
      BadChunks("NUL in a chunk extension", "5;a=\0b\r\nhello\r\n0\r\n\r\n"s, ""),
      BadChunks("a long chunk extension",
                "5;a=" + std::string(10000, 'a') + "\r\nhello\r\n0\r\n\r\n", ""),
      BadChunks("a folded trailer", "5\r\nhello\r\n0\r\nX-A: 1\r\n 2\r\n\r\n", "hello"),
      BadChunks("a trailer without a colon", "5\r\nhello\r\n0\r\nX-A\r\n\r\n", "hello"),
      BadChunks("a bare LF behind the last chunk", "5\r\nhello\r\n0\n\r\n", "hello"),
  };
}

}  // namespace

Cases Section7Parsing() {
  Cases all;
  for (const Cases& part : {Framing(), HeaderLines(), RequestLines(), ChunkedBodies()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace sluice::test
