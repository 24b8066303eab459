#include "dataplane/upstream/response_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace sluice::upstream {
namespace {

using Event = ResponseReader::Event;

struct Reading {
  int status = 0;
  std::string body;
  bool ended = false;
  bool ends_with_connection = false;
  std::string error;
  std::string rest;  // what does not belong to the answer
};

// `bytes` in pieces, each from memory that ends with it.
Reading Read(const std::vector<std::string>& pieces, bool head_request = false) {
  ResponseReader reader;
  reader.Start(head_request);
  Reading reading;
  for (const std::string& piece : pieces) {
    std::string_view bytes = piece;
    while (!reading.ended && reading.error.empty()) {
      const ResponseReader::Step step = reader.Next(bytes);
      bytes.remove_prefix(step.consumed);
      if (step.event == Event::kNeedMore) break;
      if (step.event == Event::kHead) reading.status = reader.head().status;
      if (step.event == Event::kBody) reading.body.append(step.body);
      if (step.event == Event::kEnd) reading.ended = true;
      if (step.event == Event::kError) reading.error = reader.error();
    }
    reading.rest.append(bytes);
  }
  reading.ends_with_connection = reader.EndsWithConnection();
  return reading;
}

std::vector<std::string> ByteByByte(const std::string& text) {
  std::vector<std::string> pieces;
  for (const char c : text) pieces.emplace_back(1, c);
  return pieces;
}

// Read in any two pieces, and byte by byte, it is the same.
Reading ReadAllWays(const std::string& text, bool head_request = false) {
  const Reading whole = Read({text}, head_request);
  std::vector<std::vector<std::string>> ways = {ByteByByte(text)};
  for (size_t at = 1; at < text.size(); ++at) ways.push_back({text.substr(0, at), text.substr(at)});
  for (const std::vector<std::string>& pieces : ways) {
    SCOPED_TRACE(pieces.front().size());
    const Reading other = Read(pieces, head_request);
    EXPECT_EQ(other.status, whole.status);
    EXPECT_EQ(other.body, whole.body);
    EXPECT_EQ(other.ended, whole.ended);
    EXPECT_EQ(other.error, whole.error);
    if (whole.error.empty()) {
      EXPECT_EQ(other.rest, whole.rest);
    }
  }
  return whole;
}

TEST(ResponseReader, ReadsABodyOfKnownLengthAndLeavesWhatFollows) {
  const Reading reading = ReadAllWays("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1");
  EXPECT_EQ(reading.status, 200);
  EXPECT_EQ(reading.body, "hello");
  EXPECT_TRUE(reading.ended);
  EXPECT_EQ(reading.rest, "HTTP/1.1");
}

TEST(ResponseReader, AnAnswerMayEndWithItsHead) {
  for (const char* head :
       {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n"}) {
    const Reading reading = ReadAllWays(head);
    EXPECT_TRUE(reading.ended) << head;
    EXPECT_EQ(reading.body, "");
  }
  EXPECT_TRUE(ReadAllWays("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", true).ended);
  EXPECT_TRUE(ReadAllWays("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", true).ended);
}

TEST(ResponseReader, SkipsInformationalHeads) {
  const Reading reading = ReadAllWays(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n"
      "HTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nx");
  EXPECT_EQ(reading.status, 201);
  EXPECT_EQ(reading.body, "x");
}

TEST(ResponseReader, ReadsChunksTheirExtensionsAndTrailers) {
  const Reading reading = ReadAllWays(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\nA;name=\"v\"\r\n0123456789\r\n0001 \r\n!\r\n0\r\nX-Trailer: 1\r\nY: "
      "2\r\n\r\nmore");
  EXPECT_EQ(reading.body, "abc0123456789!");
  EXPECT_TRUE(reading.ended);
  EXPECT_EQ(reading.rest, "more");
}

TEST(ResponseReader, RefusesChunksThatAreNone) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char* chunks : {"\r\n", "x\r\n", "0x2\r\nab\r\n", "-1\r\n", "+1\r\na\r\n",
                             " 1\r\na\r\n", "1\na\r\n", "1\r\nab\r\n", "1\r\na\n",
                             "11111111111111111\r\n", "1,\r\na\r\n", "0\r\nTrailer: 1\n\r\n"}) {
    const Reading reading = ReadAllWays(head + chunks);
    EXPECT_NE(reading.error, "") << chunks;
    EXPECT_FALSE(reading.ended) << chunks;
  }
}

TEST(ResponseReader, DoesNotWaitForTheEndOfALineThatIsWrongAlready) {
  const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& text :
       {std::string("S"), std::string("HTTP/2"), chunked + "no chunk", chunked + "1x",
        chunked + "1\r\nab", chunked + "11111111111111111"}) {
    EXPECT_NE(Read({text}).error, "") << text;
  }
  for (const std::string& text : {std::string("HTTP/1"), chunked + "1 ", chunked + "1\r\na\r"}) {
    EXPECT_EQ(Read({text}).error, "") << text;
  }
}

TEST(ResponseReader, ABodyWithoutFramingEndsWithTheConnection) {
  const Reading reading = ReadAllWays("HTTP/1.1 200 OK\r\n\r\nall of it");
  EXPECT_EQ(reading.body, "all of it");
  EXPECT_FALSE(reading.ended);
  EXPECT_TRUE(reading.ends_with_connection);
  EXPECT_FALSE(Read({"HTTP/1.1 200 OK\r\n"}).ends_with_connection);
  EXPECT_FALSE(Read({"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell"}).ends_with_connection);
}

TEST(ResponseReader, KeepsNoMoreOfALineThanAHeadMayHave) {
  const std::string piece(64 * 1024, 'x');
  for (const char* begin :
       {"HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: "}) {
    std::vector<std::string> pieces = {begin};
    pieces.resize(6, piece);
    EXPECT_NE(Read(pieces).error, "") << begin;
  }
  std::vector<std::string> trailers = {
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"};
  trailers.resize(100'000, "X: y\r\n");
  EXPECT_EQ(Read(trailers).error, "its trailer is too large");
}

TEST(ResponseReader, BeginsAnewWithoutARestOfTheLast) {
  ResponseReader reader;
  reader.Start(false);
  reader.Next("HTTP/1.1 200 O");
  EXPECT_FALSE(reader.untouched());
  reader.Start(false);
  EXPECT_TRUE(reader.untouched());
  EXPECT_EQ(reader.Next("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n").event, Event::kHead);
  EXPECT_EQ(reader.head().status, 404);
  EXPECT_EQ(reader.Next("").event, Event::kEnd);
}

}  // namespace
}  // namespace sluice::upstream
