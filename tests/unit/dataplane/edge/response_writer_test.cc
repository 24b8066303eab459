#include "dataplane/edge/response_writer.h"

#include <gtest/gtest.h>

namespace sluice::edge {
namespace {

using http::Framing;
using http::ResponseHead;

ResponseHead Head(int status, Framing framing) {
  ResponseHead head;
  head.status = status;
  head.reason = "R";
  head.framing = framing;
  return head;
}

std::string Write(const ResponseHead& head, AnswerContext context = {}) {
  std::string out;
  EXPECT_TRUE(AppendHead(head, context, out));
  return out;
}

TEST(ResponseWriterTest, KeepsOrderSpellingAndDuplicates) {
  ResponseHead head = Head(200, Framing::Length(5));
  head.reason = "Fine";
  head.headers.Add("x-A", "1");
  head.headers.Add("X-b", "");
  head.headers.Add("x-a", "\xff 2");
  EXPECT_EQ(Write(head),
            "HTTP/1.1 200 Fine\r\nx-A: 1\r\nX-b: \r\nx-a: \xff 2\r\nContent-Length: 5\r\n\r\n");
  head.framing_at = 1;
  head.length_name = "content-length";
  EXPECT_EQ(Write(head),
            "HTTP/1.1 200 Fine\r\nx-A: 1\r\ncontent-length: 5\r\nX-b: \r\nx-a: \xff 2\r\n\r\n");
  head.framing_at = 0;
  EXPECT_EQ(Write(head).substr(0, 38), "HTTP/1.1 200 Fine\r\ncontent-length: 5\r\n");
}

TEST(ResponseWriterTest, FramingByClientAndStatus) {
  const AnswerContext plain, head_request{true, false, false}, old{false, true, false},
      old_close{false, true, true}, close{false, false, true}, old_head{true, true, false};
  struct Row {
    int status;
    Framing framing;
    bool bodyless;
    AnswerContext context;
    std::string_view fields;
    BodyMode mode;
  };
  const Row rows[] = {
      {200, Framing::Length(3), false, plain, "Content-Length: 3\r\n", BodyMode::kLength},
      {200, Framing::None(), false, plain, "Content-Length: 0\r\n", BodyMode::kLength},
      {200, Framing::Chunked(), false, plain, "Transfer-Encoding: chunked\r\n", BodyMode::kChunked},
      {200, Framing::UntilClose(), false, plain, "Transfer-Encoding: chunked\r\n",
       BodyMode::kChunked},
      {200, Framing::Chunked(), false, close, "Transfer-Encoding: chunked\r\nConnection: close\r\n",
       BodyMode::kChunked},
      {200, Framing::Chunked(), false, old_close, "Connection: close\r\n", BodyMode::kUntilClose},
      {200, Framing::UntilClose(), false, old_close, "Connection: close\r\n",
       BodyMode::kUntilClose},
      {200, Framing::Length(3), false, old, "Content-Length: 3\r\nConnection: keep-alive\r\n",
       BodyMode::kLength},
      {200, Framing::Length(3), false, head_request, "Content-Length: 3\r\n", BodyMode::kNone},
      {200, Framing::Chunked(), false, head_request, "Transfer-Encoding: chunked\r\n",
       BodyMode::kNone},
      {200, Framing::UntilClose(), false, head_request, "", BodyMode::kNone},
      {200, Framing::None(), false, head_request, "", BodyMode::kNone},
      {200, Framing::Chunked(), false, old_head, "Connection: keep-alive\r\n", BodyMode::kNone},
      {200, Framing::Length(3), true, plain, "Content-Length: 3\r\n", BodyMode::kNone},
      {304, Framing::Length(9), true, plain, "Content-Length: 9\r\n", BodyMode::kNone},
      {304, Framing::None(), false, plain, "", BodyMode::kNone},
      {204, Framing::None(), false, plain, "", BodyMode::kNone},
      {204, Framing::Length(4), false, plain, "", BodyMode::kNone},
      {204, Framing::Chunked(), false, plain, "", BodyMode::kNone},
  };
  for (const Row& row : rows) {
    ResponseHead head = Head(row.status, row.framing);
    head.bodyless = row.bodyless;
    const std::string status_line = "HTTP/1.1 " + std::to_string(row.status) + " R\r\n";
    EXPECT_EQ(Write(head, row.context), status_line + std::string(row.fields) + "\r\n");
    EXPECT_EQ(BodyModeFor(head, row.context), row.mode) << row.status << " " << row.fields;
  }
}

TEST(ResponseWriterTest, WritesFramingAndConnectionItself) {
  ResponseHead head = Head(200, Framing::Length(1));
  head.headers.Add("connection", "upgrade");
  head.headers.Add("Content-length", "77");
  head.headers.Add("TRANSFER-ENCODING", "gzip");
  EXPECT_EQ(Write(head), "HTTP/1.1 200 R\r\nContent-Length: 1\r\n\r\n");
}

TEST(ResponseWriterTest, RefusesWhatCouldBeReadOtherwise) {
  using std::string_literals::operator""s;
  const auto refused = [](const ResponseHead& head) {
    std::string out = "before";
    const bool written = AppendHead(head, {}, out);
    EXPECT_EQ(out, "before");
    return !written;
  };
  for (const std::string& value : {"a\r\nSet-Cookie: x"s, "a\nb"s, "a\rb"s, "a\0b"s, "a\x7f"s}) {
    ResponseHead head = Head(200, Framing::None());
    head.headers.Add("X", value);
    EXPECT_TRUE(refused(head)) << value;
    ResponseHead reason = Head(200, Framing::None());
    reason.reason = value;
    EXPECT_TRUE(refused(reason)) << value;
  }
  for (const std::string& name : {""s, "a b"s, "a:"s, "a\r\nb"s, "\x80"s}) {
    ResponseHead head = Head(200, Framing::None());
    head.headers.Add(name, "v");
    EXPECT_TRUE(refused(head)) << name;
  }
  for (int status : {0, 100, 101, 199, 600, 999}) EXPECT_TRUE(refused(Head(status, {})));
  ResponseHead length = Head(200, Framing::Length(1));
  length.length_name = "X\r\nContent-Length";
  EXPECT_TRUE(refused(length));
}

TEST(ResponseWriterTest, ChunkPrefixes) {
  EXPECT_EQ(ChunkPrefix(1).text(), "1\r\n");
  EXPECT_EQ(ChunkPrefix(0x1f0a).text(), "1f0a\r\n");
  EXPECT_EQ(ChunkPrefix(SIZE_MAX).text(), "ffffffffffffffff\r\n");
}

}  // namespace
}  // namespace sluice::edge
