// docs/PASSTHROUGH.md 5, 502 to 504: what a provider can do wrong before its answer begins. Its
// connection is never used again.
#include "tests/integration/conformance/rows.h"

namespace sluice::test {
namespace {

using std::string_literals::operator""s;

const char kOk[] = "HTTP/1.1 200 OK\r\n";

// A head whose second line is `line`, with its line end.
Case BadLine(const std::string& name, const std::string& line) {
  return BadAnswer("5 upstream_protocol_error, " + name,
                   kOk + line + "Content-Length: 2\r\n\r\nok");
}

Case BadHead(const std::string& name, const std::string& head) {
  return BadAnswer("5 upstream_protocol_error, " + name, head);
}

Case BadStatus(const std::string& name, const std::string& line) {
  return BadHead(name, line + "\r\nContent-Length: 2\r\n\r\nok");
}

Case Ended(const std::string& name, const std::string& bytes, ProviderEnd end) {
  // A POST, because a GET would be sent again if its connection had been used before.
  Case test = BadAnswer("5 upstream_reset, " + name, bytes, end, "upstream_reset");
  test.sends = Ask("POST /p/openai/models", {"Content-Length: 5"}, "hello");
  test.forwarded =
      Forwarded{Reaches("POST /v1/models", {}, "openai", {"Content-Length: 5"}), "hello"};
  return test;
}

Case Unreachable(const std::string& provider, int status, const std::string& code) {
  Case test = At(
      Refusal("5 " + code + ", " + provider, Ask("GET /p/" + provider + "/models"), status, code),
      provider);
  return test;
}

Case Late(const std::string& name, const std::string& bytes) {
  Case test = BadAnswer("5 upstream_timeout, " + name, bytes, ProviderEnd::kSilent,
                        "upstream_timeout", 504);
  test.provider = "hasty";
  test.sends = Ask("GET /p/hasty/models");
  test.forwarded->head = Reaches("GET /v1/models", {}, "hasty");
  return test;
}

Case Silent(const std::string& name, const std::string& wire, const std::string& body) {
  Case test = Cut("5 upstream_timeout, " + name,
                  Lines({"HTTP/1.1 200 OK", "Transfer-Encoding: chunked"}, wire),
                  Relayed("200 OK", {}, "Transfer-Encoding: chunked"), body);
  test.provider = "hasty";
  test.sends = Ask("GET /p/hasty/models");
  test.forwarded->head = Reaches("GET /v1/models", {}, "hasty");
  return test;
}

std::string ManyFields(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "X-" + std::to_string(i) + ": a\r\n";
  return text;
}

std::string ManyBytes(size_t size) {
  const std::string line = "X-Filler: " + std::string(1000, 'f') + "\r\n";
  std::string text;
  while (text.size() < size) text += line;
  return text;
}

}  // namespace

Cases Section5Provider() {
  return {
      BadStatus("no HTTP at all", "SSH-2.0-OpenSSH_9.2"),
      BadHead("bytes that are no text", AllBytes() + "\r\n\r\n"),
      BadHead("a line feed alone", "\n"),
      BadStatus("a version that is none", "HTTP/3.7 200 OK"),
      BadStatus("HTTP/2 in plain text", "HTTP/2 200 OK"),
      BadStatus("HTTP/1.2", "HTTP/1.2 200 OK"),
      BadStatus("small letters", "http/1.1 200 OK"),
      BadStatus("no version", "200 OK"),
      BadStatus("no status", "HTTP/1.1 OK"),
      BadStatus("a status of two digits", "HTTP/1.1 99 Low"),
      BadStatus("a status of four digits", "HTTP/1.1 2000 High"),
      BadStatus("status 000", "HTTP/1.1 000 Null"),
      BadStatus("status 099", "HTTP/1.1 099 Low"),
      BadStatus("status 600", "HTTP/1.1 600 High"),
      BadStatus("status 999", "HTTP/1.1 999 High"),
      BadStatus("a status with letters", "HTTP/1.1 2x0 OK"),
      BadStatus("a tab in the status line", "HTTP/1.1\t200 OK"),
      BadStatus("two spaces before the status", "HTTP/1.1  200 OK"),
      BadStatus("a control byte in the reason", "HTTP/1.1 200 O\x01K"),
      BadStatus("101 unasked", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x"),
      BadHead("a bare LF behind the status line", "HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\nok"),
      BadHead("bare LFs everywhere", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok"),
      BadHead("a bare LF at the end", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\nok"),
      BadLine("a bare LF behind a field", "X-A: 1\n"),
      BadLine("a bare CR in a field", "X-A: 1\r2\r\n"),
      BadLine("a folded line", "X-A: 1\r\n 2\r\n"),
      BadLine("a line folded with a tab", "X-A: 1\r\n\t2\r\n"),
      BadLine("a folded first line", " X-A: 1\r\n"),
      BadLine("NUL in a value", "X-A: 1\0002\r\n"s),
      BadLine("NUL in a name", "X\0A: 1\r\n"s),
      BadLine("a control byte in a value", "X-A: \x01\r\n"),
      BadLine("DEL in a value", "X-A: \x7f\r\n"),
      BadLine("white space before the colon", "X-A : 1\r\n"),
      BadLine("a space in a name", "X A: 1\r\n"),
      BadLine("a byte over 126 in a name", "X-\xc3\xa9: 1\r\n"),
      BadLine("no colon", "X-A\r\n"),
      BadLine("no name", ": 1\r\n"),
      BadLine("two different lengths", "Content-Length: 3\r\n"),
      BadLine("two lengths in one line", "Content-Length: 2, 2\r\n"),
      BadLine("a length with a sign", "content-length: +2\r\n"),
      BadLine("a negative length", "content-length: -2\r\n"),
      BadLine("a length in hex", "content-length: 0x2\r\n"),
      BadLine("an empty length", "content-length:\r\n"),
      BadLine("a length beyond all numbers", "content-length: 99999999999999999999\r\n"),
      BadLine("a length and chunks", "Transfer-Encoding: chunked\r\n"),
      BadHead("gzip as a Transfer-Encoding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx"),
      BadHead("gzip, chunked",
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
      BadHead("identity as a Transfer-Encoding",
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nx"),
      BadHead("chunked twice",
              "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
              "chunked\r\n\r\n0\r\n\r\n"),
      BadHead("chunks of HTTP/1.0",
              "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
      BadHead("a head of a megabyte", kOk + ManyBytes(1 << 20) + "\r\n"),
      BadHead("one field of a megabyte", kOk + ("X-A: " + std::string(1 << 20, 'a')) + "\r\n\r\n"),
      BadHead("a status line of a megabyte",
              "HTTP/1.1 200 " + std::string(1 << 20, 'a') + "\r\n\r\n"),
      BadHead("2000 fields", kOk + ManyFields(2000) + "\r\n"),
      BadHead("a bad head behind a good 1xx",
              "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX A: 1\r\n\r\n"),
      BadHead("a bad 1xx", "HTTP/1.1 103 Hints\r\nX A: 1\r\n\r\n" + Answers("200 OK", {}, "ok")),

      Ended("closed without a byte", "", ProviderEnd::kClose),
      Ended("half-closed without a byte", "", ProviderEnd::kHalfClose),
      Ended("reset without a byte", "", ProviderEnd::kReset),
      Ended("closed in the status line", "HTTP/1.1 20", ProviderEnd::kClose),
      Ended("closed in a field", "HTTP/1.1 200 OK\r\nContent-Le", ProviderEnd::kClose),
      Ended("closed before the blank line", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n",
            ProviderEnd::kClose),
      Ended("closed after a 1xx", "HTTP/1.1 100 Continue\r\n\r\n", ProviderEnd::kClose),

      Unreachable("unplugged", 502, "upstream_unreachable"),
      Unreachable("not-tls", 502, "upstream_tls_error"),
      Unreachable("nameless", 502, "upstream_unreachable"),
      Unreachable("deaf", 504, "upstream_timeout"),
      Late("no first byte", ""),
      Late("half a head", "HTTP/1.1 200 OK\r\nContent-"),
      Late("only a 1xx", "HTTP/1.1 100 Continue\r\n\r\n"),
      Silent("silence behind the head", "", ""),
      Silent("silence inside the answer", "5\r\nhello\r\n", "hello"),
  };
}

}  // namespace sluice::test
