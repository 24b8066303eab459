#include "dataplane/edge/request_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sluice::edge {
namespace {

using std::string_literals::operator""s;

struct Read {
  std::string result;  // "ok", or the error's code and message
  std::string head;    // method target minor headers
  std::string body;
  std::string rest;  // bytes behind the request
  bool keep_alive = false;
};

std::string HeadText(const http::RequestHead& head) {
  std::string text = head.method + " " + head.target + " " + std::to_string(head.minor_version);
  for (size_t i = 0; i < head.headers.size(); ++i) {
    text.append("|").append(head.headers[i].name).append("=").append(head.headers[i].value);
  }
  return text;
}

// Feeds `pieces` one after the other, as a connection does.
Read Parse(RequestParser& parser, const std::vector<std::string>& pieces,
           http::Limits limits = {}) {
  parser.Start(limits);
  Read read;
  std::string unread;
  for (const std::string& piece : pieces) {
    unread += piece;
    for (bool more = true; more;) {
      const RequestParser::Step step = parser.Next(unread);
      switch (step.event) {
        case RequestParser::Event::kNeedMore:
          more = false;
          break;
        case RequestParser::Event::kHead:
          read.head = HeadText(parser.head());
          read.keep_alive = parser.keep_alive();
          break;
        case RequestParser::Event::kBody:
          EXPECT_FALSE(step.body.empty());
          read.body.append(step.body);
          break;
        case RequestParser::Event::kEnd:
          EXPECT_TRUE(read.result.empty()) << "the end was told twice";
          EXPECT_TRUE(parser.complete());
          EXPECT_EQ(parser.remaining(), 0u);
          read.result = "ok";
          more = false;
          break;
        case RequestParser::Event::kError:
          read.result = std::string(parser.error().code) + ": " + parser.error().message;
          return read;
      }
      unread.erase(0, step.consumed);
      if (read.result == "ok") break;
    }
  }
  read.rest = unread;
  return read;
}

Read Parse(const std::string& bytes, http::Limits limits = {}) {
  RequestParser parser;
  return Parse(parser, {bytes}, limits);
}

void ExpectSame(const Read& whole, const Read& split, const std::string& how) {
  EXPECT_EQ(whole.result, split.result) << how;
  EXPECT_EQ(whole.head, split.head) << how;
  EXPECT_EQ(whole.body, split.body) << how;
  EXPECT_EQ(whole.rest, split.rest) << how;
}

// Split once at every byte, and in single bytes: the reading must not depend on how bytes arrive.
void ExpectAnySplitReads(const std::string& bytes, const Read& whole, http::Limits limits = {}) {
  RequestParser parser;
  for (size_t at = 1; at < bytes.size(); ++at) {
    const Read split = Parse(parser, {bytes.substr(0, at), bytes.substr(at)}, limits);
    ExpectSame(whole, split, "split at " + std::to_string(at) + " of: " + bytes.substr(0, 200));
    if (testing::Test::HasFailure()) return;
  }
  std::vector<std::string> single;
  for (char c : bytes) single.emplace_back(1, c);
  ExpectSame(whole, Parse(parser, single, limits), "byte by byte: " + bytes.substr(0, 200));
}

struct Good {
  std::string bytes;
  std::string head;
  std::string body = "";
};

TEST(RequestParserTest, ReadsWhatIsWellFormed) {
  const Good rows[] = {
      {"GET /a?b=c&b=%20 HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a?b=c&b=%20 1|Host=h"},
      {"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS * 1|Host=h"},
      {"FOO-1 / HTTP/1.1\r\nHost:\r\n\r\n", "FOO-1 / 1|Host="},
      // Whether a target is a path that is wanted is not the parser's to say.
      {"GET * HTTP/1.1\r\nHost: h\r\n\r\n", "GET * 1|Host=h"},
      {"GET a HTTP/1.1\r\nHost: h\r\n\r\n", "GET a 1|Host=h"},
      {"GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n", "GET http://h/ 1|Host=h"},
      {"CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", "CONNECT h:443 1|Host=h"},
      {"GET /a\\b?c\\#d HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a\\b?c\\#d 1|Host=h"},
      {"GET / HTTP/1.0\r\n\r\n", "GET / 0"},
      // RFC 9112, 2.2: one empty line before the request line.
      {"\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / 1|Host=h"},
      {"GET / HTTP/1.1\r\nHost: h\r\nX: 1\r\nx:\t 2 \t\r\nX:\r\nB: \x80\xff\r\n\r\n",
       "GET / 1|Host=h|X=1|x=2|X=|B=\x80\xff"},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
       "POST / 1|Host=h|Content-Length=5", "hello"},
      {"POST / HTTP/1.1\r\nHost: h\r\ncontent-length: 0\r\n\r\n",
       "POST / 1|Host=h|content-length=0"},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 005\r\n\r\nhello",
       "POST / 1|Host=h|Content-Length=005", "hello"},
      {"POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nab", "POST / 0|Content-Length=2", "ab"},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: CHUNKED\r\n\r\n"
       "5\r\nhello\r\n00A;x=y;z=\"q \\\" r\"\r\n0123456789\r\n0\r\n\r\n",
       "POST / 1|Host=h|Transfer-Encoding=CHUNKED", "hello0123456789"},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       "POST / 1|Host=h|Transfer-Encoding=chunked"},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
       "chunked\r\n\r\n3\r\na\r\n\r\n000;e\r\n\r\n",
       "POST / 1|Host=h|Transfer-Encoding=chunked", "a\r\n"},
      // A trailer is not a header, whatever it is called.
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
       "1\r\nx\r\n0\r\nAuthorization: Bearer k\r\nHost: other\r\n\r\n",
       "POST / 1|Host=h|Transfer-Encoding=chunked", "x"},
  };
  for (const Good& row : rows) {
    SCOPED_TRACE(row.bytes);
    const Read read = Parse(row.bytes + "GET /next");
    EXPECT_EQ(read.result, "ok");
    EXPECT_EQ(read.head, row.head);
    EXPECT_EQ(read.body, row.body);
    EXPECT_EQ(read.rest, "GET /next");
    ExpectAnySplitReads(row.bytes + "GET /next", read);
  }
}

struct Bad {
  std::string bytes;
  std::string what;  // part of the message
};

std::string Get(const std::string& fields) {
  return "GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}
std::string Chunks(const std::string& chunks) {
  return "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks;
}

TEST(RequestParserTest, RefusesWhatIsNot) {
  const Bad rows[] = {
      // The request line.
      {"GET / HTTP/1.2\r\nHost: h\r\n\r\n", "bad request line"},
      {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", "bad request line"},
      {"GET / http/1.1\r\nHost: h\r\n\r\n", "bad request line"},
      {"GET /\r\n\r\n", "bad request line"},
      {"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", ""},
      {"GET / HTTP/1.1 \r\nHost: h\r\n\r\n", "bad request line"},
      {"GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n", "bad request line"},
      {"G(T / HTTP/1.1\r\nHost: h\r\n\r\n", "bad request line"},
      {" GET / HTTP/1.1\r\nHost: h\r\n\r\n", "bad request line"},
      {"\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "no request line"},
      {"\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "CR LF"},
      // The target.
      {"GET /\x80 HTTP/1.1\r\nHost: h\r\n\r\n", "percent-encoded"},
      {"GET /\x7f HTTP/1.1\r\nHost: h\r\n\r\n", "control"},
      {"GET /\x01 HTTP/1.1\r\nHost: h\r\n\r\n", "control"},
      {"GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n"s, "control"},
      // Host.
      {"GET / HTTP/1.1\r\n\r\n", "no Host"},
      {Get("host: h\r\n"), "more than one Host"},
      {"GET / HTTP/1.0\r\nHost: h\r\nHost: h\r\n\r\n", "more than one Host"},
      // Line ends and control characters.
      {"GET / HTTP/1.1\nHost: h\r\n\r\n", "CR LF"},
      {"GET / HTTP/1.1\r\nHost: h\n\r\n", "CR LF"},
      {"GET / HTTP/1.1\r\nHost: h\r\n\n", "CR LF"},
      {"GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", "control"},
      {Get("A: b\rC: d\r\n"), "control"},
      {Get("A: b\0c\r\n"s), "control"},
      {Get("A: \x01\r\n"), "control"},
      {Get("A: \x7f\r\n"), "control"},
      // Field names and folding.
      {Get("A : b\r\n"), "bad request line or header field"},
      {Get("A\t: b\r\n"), "bad request line or header field"},
      {Get(": b\r\n"), "bad request line or header field"},
      {Get("A b\r\n"), "bad request line or header field"},
      {Get("A\x80: b\r\n"), "bad request line or header field"},
      {Get("A: b\r\n c\r\n"), "folded"},
      {Get("A: b\r\n\tc\r\n"), "folded"},
      {"GET / HTTP/1.1\r\n Host: h\r\n\r\n", "folded"},
      // Framing.
      {Get("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"), ""},
      {Get("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n"), ""},
      {Get("Content-Length: 1\r\nContent-Length: 2\r\n"), ""},
      {Get("Content-Length: 3\r\nContent-Length: 3\r\n"), "more than one Content-Length"},
      {Get("Content-Length: 3, 3\r\n"), "bad Content-Length"},
      {Get("Content-Length: \r\n"), ""},
      {Get("Content-Length: +3\r\n"), ""},
      {Get("Content-Length: -3\r\n"), ""},
      {Get("Content-Length: 0x3\r\n"), ""},
      {Get("Content-Length: 3 3\r\n"), ""},
      {Get("Content-Length: 99999999999999999999\r\n"), ""},
      {Get("Transfer-Encoding: xchunked\r\n"), "other than chunked"},
      {Get("Transfer-Encoding: identity\r\n"), "other than chunked"},
      {Get("Transfer-Encoding: gzip, chunked\r\n"), "other than chunked"},
      {Get("Transfer-Encoding: chunked, gzip\r\n"), "other than chunked"},
      {Get("Transfer-Encoding: chunked, chunked\r\n"), ""},
      {Get("Transfer-Encoding: \"chunked\"\r\n"), "other than chunked"},
      {Get("Transfer-Encoding:\r\n"), "other than chunked"},
      {Get("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), ""},
      {Get("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n"), ""},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.0"},
      // Chunks.
      {Chunks("x\r\n"), "without a size"},
      {Chunks("\r\n"), "without a size"},
      {Chunks(" 5\r\n"), "without a size"},
      {Chunks("+5\r\nhello\r\n"), "without a size"},
      {Chunks("0x5\r\nhello\r\n"), "chunk"},
      {Chunks("5 \r\nhello\r\n"), "chunk"},
      {Chunks("5;\r\nhello\r\n"), "chunk"},
      {Chunks("11111111111111111\r\nhello\r\n"), "chunk"},
      {Chunks("5\nhello\r\n"), "CR LF"},
      {Chunks("5;a=\"\n\"\r\nhello\r\n"), "CR LF"},
      {Chunks("5;a=\"b\r\nhello\r\n"), "chunk"},
      {Chunks("5;a=\x01\r\nhello\r\n"), "control"},
      {Chunks("5\rhello\r\n"), "control"},
      {Chunks("5\r\nhello!\r\n"), "longer than its size"},
      {Chunks("5\r\nhello\n0\r\n\r\n"), "longer than its size"},
      {Chunks("0\r\nA: b\n\r\n"), "CR LF"},
      {Chunks("0\r\nA: b\r\n c\r\n\r\n"), "folded"},
      {Chunks("0\r\nA b\r\n\r\n"), "chunk"},
      {Chunks("0\r\nContent-Length: 5\r\n\r\n"), "chunk"},
      {Chunks("0\r\nTransfer-Encoding: chunked\r\n\r\n"), "chunk"},
  };
  for (const Bad& row : rows) {
    SCOPED_TRACE(row.bytes);
    const Read read = Parse(row.bytes);
    EXPECT_EQ(read.result.substr(0, 18), "malformed_request:") << read.result;
    EXPECT_NE(read.result.find(row.what), std::string::npos) << read.result;
    ExpectAnySplitReads(row.bytes, read);
  }
}

TEST(RequestParserTest, RefusesAsSoonAsItCanBeKnown) {
  // Nothing more may come: the client waits for us.
  for (const std::string& bytes :
       {"GET / HTTP/1.1\nHost"s, "GET / HTTP/1.1\r\nA: b\n"s, "GET / HTTP/1.1\r\nA: b\r\n c\r\n"s,
        Chunks("5\n"), Chunks("5\r\nhelloX"), Chunks("zz\r\n")}) {
    EXPECT_EQ(Parse(bytes).result.substr(0, 18), "malformed_request:") << bytes;
  }
}

TEST(RequestParserTest, KeepsItsLimits) {
  http::Limits limits;
  limits.max_request_line_bytes = 40;
  limits.max_header_bytes = 60;
  limits.max_header_fields = 3;
  const std::string fields = "Host: h\r\n";
  const auto line = [](size_t bytes) {
    return "GET /" + std::string(bytes - 14, 'a') + " HTTP/1.1\r\n";
  };
  struct Row {
    std::string bytes, result;
  };
  const std::string filler = "X: " + std::string(60 - 2 - 9 - 5, 'x') + "\r\n";
  const Row rows[] = {
      {line(40) + fields + "\r\n", "ok"},
      {line(41) + fields + "\r\n", "headers_too_large: the request line is longer than 40 bytes"},
      {std::string(43, 'G'), "headers_too_large: the request line is longer than 40 bytes"},
      {line(20) + fields + filler + "\r\n", "ok"},
      {line(20) + fields + "X" + filler + "\r\n",
       "headers_too_large: the header fields are larger than 60 bytes"},
      {line(20) + fields + std::string(60, 'y'),
       "headers_too_large: the header fields are larger than 60 bytes"},
      // Too long, whatever else is wrong with it: a line that comes in pieces is refused before its
      // end.
      {line(45).substr(0, 45) + "\n",
       "headers_too_large: the request line is longer than 40 bytes"},
      {line(20) + fields + "X" + std::string(60, 'x') + "\x01\r\n",
       "headers_too_large: the header fields are larger than 60 bytes"},
      {line(20) + fields + "A:\r\nB:\r\n\r\n", "ok"},
      {line(20) + fields + "A:\r\nB:\r\nC:\r\n\r\n",
       "headers_too_large: more than 3 header fields"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.bytes);
    const Read read = Parse(row.bytes, limits);
    EXPECT_EQ(read.result, row.result);
    ExpectAnySplitReads(row.bytes, read, limits);
  }
}

TEST(RequestParserTest, BoundsChunkExtensionsAndTrailers) {
  http::Limits limits;
  limits.max_header_bytes = 1000;
  limits.max_header_fields = 3;
  EXPECT_NE(Parse(Chunks("5;" + std::string(5000, 'a')), limits).result.find("too long"),
            std::string::npos);
  EXPECT_NE(Parse(Chunks("5;" + std::string(5000, 'a') + "\r\nhello\r\n0\r\n\r\n"), limits)
                .result.find("too long"),
            std::string::npos);
  EXPECT_NE(Parse(Chunks("0\r\nA: " + std::string(6000, 'a')), limits).result.find("too long"),
            std::string::npos);
  EXPECT_NE(Parse(Chunks("5;" + std::string(5000, 'a') + "\n"), limits).result.find("too long"),
            std::string::npos);
  EXPECT_NE(
      Parse(Chunks("0\r\nA:\r\nB:\r\nC:\r\nD:\r\n\r\n"), limits).result.find("too many trailer"),
      std::string::npos);
}

TEST(RequestParserTest, FramingAndExpectation) {
  RequestParser parser;
  const auto head = [&](const std::string& bytes) -> const http::RequestHead& {
    parser.Start({});
    EXPECT_EQ(parser.Next(bytes).event, RequestParser::Event::kHead) << bytes;
    return parser.head();
  };
  EXPECT_EQ(head(Get("")).framing.kind, http::Framing::Kind::kNone);
  EXPECT_TRUE(parser.complete());
  EXPECT_EQ(head(Get("Content-Length: 7\r\n")).framing.length, 7u);
  EXPECT_FALSE(parser.complete());
  EXPECT_EQ(parser.remaining(), 7u);
  EXPECT_EQ(head(Get("Content-Length: 0\r\n")).framing.kind, http::Framing::Kind::kContentLength);
  EXPECT_TRUE(parser.complete());
  EXPECT_EQ(head(Chunks("")).framing.kind, http::Framing::Kind::kChunked);
  EXPECT_EQ(parser.remaining(), UINT64_MAX);

  EXPECT_TRUE(head(Get("Expect: 100-Continue\r\n")).expects_continue);
  EXPECT_FALSE(head(Get("Expect: something\r\n")).expects_continue);
  EXPECT_FALSE(head("POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n").expects_continue);
}

TEST(RequestParserTest, KeepAlive) {
  EXPECT_TRUE(Parse(Get("")).keep_alive);
  EXPECT_TRUE(Parse(Get("Connection: keep-alive, x\r\n")).keep_alive);
  EXPECT_FALSE(Parse(Get("Connection: Close\r\n")).keep_alive);
  EXPECT_FALSE(Parse(Get("Connection: x , close\r\nConnection: keep-alive\r\n")).keep_alive);
  EXPECT_FALSE(Parse("GET / HTTP/1.0\r\n\r\n").keep_alive);
  EXPECT_TRUE(Parse("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").keep_alive);
  EXPECT_FALSE(Parse("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n").keep_alive);
  EXPECT_TRUE(Parse(Get("Proxy-Connection: close\r\n")).keep_alive);
}

TEST(RequestParserTest, IsUsedAgainWithoutATraceOfTheLastRequest) {
  RequestParser parser;
  EXPECT_EQ(Parse(parser, {Chunks("5\r\nhello\r\n0\r\nA: b\r\n\r\n")}).result, "ok");
  EXPECT_EQ(Parse(parser, {Get("A b\r\n")}).result.substr(0, 18), "malformed_request:");
  const Read read = Parse(parser, {"GET /2 HTTP/1.1\r\nHost: h\r\n\r\n"});
  EXPECT_EQ(read.result, "ok");
  EXPECT_EQ(read.head, "GET /2 1|Host=h");
  EXPECT_EQ(read.body, "");
}

}  // namespace
}  // namespace sluice::edge
