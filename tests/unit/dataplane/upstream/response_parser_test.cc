#include "dataplane/upstream/response_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sluice::upstream {
namespace {

using Outcome = ResponseParser::Outcome;

// Feeds the lines of `head`, each with whatever end it has, up to the first outcome that is not
// kMore.
Outcome Feed(ResponseParser& parser, std::string_view head) {
  while (!head.empty()) {
    size_t end = head.find('\n');
    end = end == std::string_view::npos ? head.size() : end + 1;
    Outcome outcome = parser.OnLine(head.substr(0, end));
    if (outcome != Outcome::kMore) return outcome;
    head.remove_prefix(end);
  }
  return Outcome::kMore;
}

TEST(ResponseParser, KeepsOrderSpellingDuplicatesAndEmptyValues) {
  ResponseParser parser;
  parser.Start(false);
  ASSERT_EQ(
      Feed(parser,
           "HTTP/1.1 429 Too Many\r\nretry-AFTER: 7\r\nX-A: 1\r\nContent-LENGTH: 12\r\nx-a: 2\r\n"
           "X-Empty:\r\n\r\n"),
      Outcome::kHeadComplete);
  http::ResponseHead& head = parser.head();
  EXPECT_EQ(head.status, 429);
  EXPECT_EQ(head.reason, "Too Many");
  ASSERT_EQ(head.headers.size(), 4u);
  EXPECT_EQ(head.headers[0].name, "retry-AFTER");
  EXPECT_EQ(head.headers[2].name, "x-a");
  EXPECT_EQ(head.headers[3].value, "");
  EXPECT_EQ(head.framing.kind, http::Framing::Kind::kContentLength);
  EXPECT_EQ(head.framing.length, 12u);
  EXPECT_EQ(head.length_name, "Content-LENGTH");
  EXPECT_EQ(head.framing_at, 2u);
  EXPECT_FALSE(head.bodyless);
}

TEST(ResponseParser, SkipsInformationalHeads) {
  ResponseParser parser;
  parser.Start(false);
  ASSERT_EQ(
      Feed(parser,
           "HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
      Outcome::kHeadComplete);
  EXPECT_EQ(parser.head().status, 200);
  EXPECT_TRUE(parser.head().headers.empty());
  EXPECT_EQ(parser.head().framing.kind, http::Framing::Kind::kChunked);
}

TEST(ResponseParser, HasNoBodyWhereThereCanBeNone) {
  struct Case {
    bool head_request;
    const char* head;
    http::Framing::Kind kind;
  };
  const std::vector<Case> cases = {
      {true, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", http::Framing::Kind::kContentLength},
      {true, "HTTP/1.1 200 OK\r\n\r\n", http::Framing::Kind::kNone},
      {false, "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", http::Framing::Kind::kNone},
      {false, "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
       http::Framing::Kind::kContentLength},
      {false, "HTTP/1.1 304 Not Modified\r\n\r\n", http::Framing::Kind::kNone},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.head);
    ResponseParser parser;
    parser.Start(test.head_request);
    ASSERT_EQ(Feed(parser, test.head), Outcome::kHeadComplete);
    EXPECT_TRUE(parser.head().bodyless);
    EXPECT_EQ(parser.head().framing.kind, test.kind);
  }
}

TEST(ResponseParser, WithoutLengthTheBodyEndsWithTheConnection) {
  ResponseParser parser;
  parser.Start(false);
  ASSERT_EQ(Feed(parser, "HTTP/1.0 200\r\n\r\n"), Outcome::kHeadComplete);
  EXPECT_EQ(parser.head().framing.kind, http::Framing::Kind::kUntilClose);
  EXPECT_TRUE(parser.http10());
}

TEST(ResponseParser, RefusesWhatTwoReadersCouldTakeDifferently) {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const std::vector<std::string> heads = {
      ok + "A: b\n\r\n",
      "HTTP/1.1 200 OK\nA: b\r\n\r\n",
      ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
      ok + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n",
      ok + "Content-Length: 2, 2\r\n\r\n",
      ok + "Content-Length: +2\r\n\r\n",
      ok + "Content-Length: -2\r\n\r\n",
      ok + "Content-Length: 2x\r\n\r\n",
      ok + "Content-Length: 0x2\r\n\r\n",
      ok + "Content-Length:\r\n\r\n",
      ok + "Content-Length: 99999999999999999999\r\n\r\n",
      ok + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
      ok + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n",
      ok + "Transfer-Encoding: gzip, chunked\r\n\r\n",
      ok + "Transfer-Encoding: identity\r\n\r\n",
      ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
      ok + "A: b\r\n folded\r\n\r\n",
      ok + "A: b\r\n\tfolded\r\n\r\n",
      ok + "A: b\rc\r\n\r\n",
      ok + std::string("A: b\0c\r\n\r\n", 10),
      ok + "A: b\x01\r\n\r\n",
      ok + "A : b\r\n\r\n",
      ok + ": b\r\n\r\n",
      ok + "no colon\r\n\r\n",
      ok + "B\xc3\xa4: x\r\n\r\n",
      "HTTP/1.1 999 Odd\r\n\r\n",
      "HTTP/1.1 099 Odd\r\n\r\n",
      "HTTP/1.1 20 OK\r\n\r\n",
      "HTTP/1.1 2000 OK\r\n\r\n",
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
      "HTTP/1.2 200 OK\r\n\r\n",
      "HTTP/1.1 200 O\x02K\r\n\r\n",
      "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
      "ICY 200 OK\r\n\r\n",
  };
  for (const std::string& head : heads) {
    SCOPED_TRACE(head);
    ResponseParser parser;
    parser.Start(false);
    EXPECT_EQ(Feed(parser, head), Outcome::kError);
    EXPECT_FALSE(parser.error().empty());
  }
}

TEST(ResponseParser, BoundsTheHead) {
  ResponseParser parser;
  parser.Start(false);
  ASSERT_EQ(parser.OnLine("HTTP/1.1 200 OK\r\n"), Outcome::kMore);
  std::string line = "X: " + std::string(60'000, 'a') + "\r\n";
  for (int i = 0; i < 4; ++i) ASSERT_EQ(parser.OnLine(line), Outcome::kMore);
  EXPECT_EQ(parser.OnLine(line), Outcome::kError);

  parser.Start(false);
  ASSERT_EQ(parser.OnLine("HTTP/1.1 200 OK\r\n"), Outcome::kMore);
  for (size_t i = 0; i < kMaxResponseFields; ++i)
    ASSERT_EQ(parser.OnLine("a: b\r\n"), Outcome::kMore);
  EXPECT_EQ(parser.OnLine("a: b\r\n"), Outcome::kError);
}

TEST(ResponseParser, IsFreshAfterEachStart) {
  ResponseParser parser;
  parser.Start(true);
  ASSERT_EQ(Feed(parser, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nA: b\r\n\r\n"),
            Outcome::kHeadComplete);
  parser.Start(false);
  ASSERT_EQ(Feed(parser, "HTTP/1.1 201 Made\r\nC: d\r\n\r\n"), Outcome::kHeadComplete);
  EXPECT_EQ(parser.head().headers.size(), 1u);
  EXPECT_FALSE(parser.head().bodyless);
  EXPECT_EQ(parser.head().framing.kind, http::Framing::Kind::kUntilClose);
}

}  // namespace
}  // namespace sluice::upstream
