#include <zlib.h>

#include <chrono>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/emulator/pattern.h"
#include "tests/support/emulator/sha256_stream.h"
#include "tests/support/emulator/text.h"
#include "tests/unit/support/emulator_fixture.h"

namespace sluice::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class EmulatorControls : public EmulatorTest {
 protected:
  static milliseconds Since(steady_clock::time_point start) {
    return std::chrono::duration_cast<milliseconds>(steady_clock::now() - start);
  }
  static std::string Unzipped(const std::string& zipped) {
    z_stream stream{};
    inflateInit2(&stream, 15 + 16);
    std::string plain(1 << 20, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(zipped.data()));
    stream.avail_in = static_cast<uInt>(zipped.size());
    stream.next_out = reinterpret_cast<Bytef*>(plain.data());
    stream.avail_out = static_cast<uInt>(plain.size());
    EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
    plain.resize(stream.total_out);
    inflateEnd(&stream);
    return plain;
  }
};

std::string Pattern(uint64_t seed, uint64_t size) {
  std::string bytes;
  emulator::AppendPattern(seed, 0, size, bytes);
  return bytes;
}

TEST(EmulatorPattern, IsTheSameInPieces) {
  const std::string whole = Pattern(7, 100);
  std::string pieces;
  for (const auto& [at, count] :
       std::vector<std::pair<uint64_t, size_t>>{{0, 3}, {3, 10}, {13, 1}, {14, 86}}) {
    emulator::AppendPattern(7, at, count, pieces);
  }
  EXPECT_EQ(pieces, whole);
  EXPECT_NE(Pattern(8, 100), whole);
}

TEST_F(EmulatorControls, StatusHeadersAndBody) {
  const HttpAnswer answer =
      Get("/x?emu.status=418&emu.reason=Teapot&emu.header=X-A:%201&emu.header=X-A:%202&emu.body="
          "short%20%26%20stout"
          "&emu.type=text/tea");
  EXPECT_THAT(answer.raw_head, ::testing::StartsWith("HTTP/1.1 418 Teapot\r\n"));
  EXPECT_EQ(answer.Count("X-A"), 2u);
  EXPECT_EQ(*answer.Header("Content-Type"), "text/tea");
  EXPECT_EQ(answer.body, "short & stout");
}

TEST_F(EmulatorControls, HeadersControlAsTheQueryDoes) {
  const HttpAnswer answer = Get("/x", {"X-Emulator-Status: 503", "x-emulator-body-base64: AAEC"});
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, std::string("\0\1\2", 3));
}

TEST_F(EmulatorControls, AWrongControlIsNamed) {
  EXPECT_THAT(Get("/v1/models?emu.pase_ms=1", {bearer_}).body, HasSubstr("pase_ms"));
  const HttpAnswer answer = Get("/v1/models?emu.pace_ms=soon", {bearer_});
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr(R"(\"pace_ms\" cannot be \"soon\")"));
}

TEST_F(EmulatorControls, RawIsExactlyWhatWasGiven) {
  const std::string raw = "HTTP/1.1 200\nodd:\x01\xff";
  RawSocket socket = Open(RequestText("GET", "/x?emu.raw=" + emulator::Base64(raw)));
  EXPECT_EQ(socket.ReadToEnd().value(), raw);
}

TEST_F(EmulatorControls, RawCanKeepTheConnection) {
  const std::string raw = "HTTP/1.1 204 No Content\r\n\r\n";
  RawSocket socket = Open(RequestText("GET", "/x?emu.keep&emu.raw=" + emulator::Base64(raw)));
  EXPECT_EQ(ReadAnswer(socket)->status, 204);
  ASSERT_TRUE(socket.SendAll(RequestText("GET", "/anything")).ok());
  EXPECT_EQ(ReadAnswer(socket)->status, 200);
}

TEST_F(EmulatorControls, SizeChunkAndTrailers) {
  const HttpAnswer sized = Get("/x?emu.size=100000&emu.seed=3");
  EXPECT_EQ(*sized.Header("Content-Length"), "100000");
  EXPECT_EQ(sized.body, Pattern(3, 100000));
  const HttpAnswer chunked = Get("/x?emu.size=25&emu.chunk=10&emu.trailer=X-T:%20v");
  EXPECT_THAT(chunked.chunks, ElementsAre(10, 10, 5));
  EXPECT_EQ(chunked.body, Pattern(0, 25));
  ASSERT_EQ(chunked.trailers.size(), 1u);
  EXPECT_EQ(chunked.trailers[0].second, "v");
}

TEST_F(EmulatorControls, BlobAndItsHashAgree) {
  const HttpAnswer blob = Get("/emulator/blob?size=300001&seed=9");
  EXPECT_EQ(Json(Get("/emulator/blob-hash?size=300001&seed=9"))["sha256"],
            emulator::Sha256Hex(blob.body));
  EXPECT_EQ(blob.body, Pattern(9, 300001));
}

TEST_F(EmulatorControls, GzipOfTextAndOfEvents) {
  const HttpAnswer text = Get("/x?emu.size=5000&emu.gzip");
  EXPECT_EQ(*text.Header("Content-Encoding"), "gzip");
  EXPECT_EQ(Unzipped(text.body), Pattern(0, 5000));
  const HttpAnswer events = Post("/v1/chat/completions?emu.gzip&emu.events=3",
                                 R"({"model":"m","stream":true})", {bearer_});
  EXPECT_EQ(Events(Unzipped(events.body)).back(), "[DONE]");
}

TEST_F(EmulatorControls, EchoGivesTheBodyBack) {
  const std::string body = Pattern(1, 200000);
  EXPECT_EQ(Post("/x?emu.echo", body).body, body);
}

TEST_F(EmulatorControls, CloseDelimitedAndHttp10) {
  const HttpAnswer closed = Get("/x?emu.size=9&emu.close_delimited");
  EXPECT_FALSE(closed.Header("Content-Length") || closed.Header("Transfer-Encoding"));
  EXPECT_EQ(closed.body, Pattern(0, 9));
  EXPECT_EQ(Get("/x?emu.size=9&emu.http10").version, "HTTP/1.0");
}

TEST_F(EmulatorControls, RedirectAndInformational) {
  const HttpAnswer redirect = Get("/x?emu.redirect=http%3A%2F%2Fa%2Fb");
  EXPECT_EQ(redirect.status, 302);
  EXPECT_EQ(*redirect.Header("Location"), "http://a/b");
  RawSocket socket = Open(RequestText("GET", "/x?emu.informational=103&emu.size=1"));
  EXPECT_EQ(ReadHead(socket)->status, 103);
  EXPECT_EQ(ReadAnswer(socket)->status, 200);
}

TEST_F(EmulatorControls, NoKeepaliveClosesAndElseItIsKept) {
  RawSocket kept = Open(RequestText("GET", "/anything") + RequestText("GET", "/anything?2") +
                        RequestText("POST", "/anything", {}, "abc") +
                        RequestText("GET", "/x?emu.size=1&emu.no_keepalive"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ReadAnswer(kept)->status, 200);
  EXPECT_EQ(*ReadAnswer(kept)->Header("Connection"), "close");
  EXPECT_EQ(kept.WaitForEnd().value(), RawSocket::PeerEnd::kClosed);
}

TEST_F(EmulatorControls, HeadNoContentAndHttp10Client) {
  RawSocket socket =
      Open(RequestText("HEAD", "/x?emu.size=10") + RequestText("GET", "/x?emu.status=204") +
           "GET /x?emu.size=5&emu.chunk=2 HTTP/1.0\r\n\r\n");
  EXPECT_EQ(*ReadAnswer(socket, "HEAD")->Header("Content-Length"), "10");
  EXPECT_EQ(ReadAnswer(socket)->status, 204);
  const auto old = ReadAnswer(socket);
  ASSERT_TRUE(old.ok()) << old.status();
  EXPECT_FALSE(old->Header("Transfer-Encoding"));
  EXPECT_EQ(old->body, Pattern(0, 5));
}

TEST_F(EmulatorControls, DelaysComeBeforeTheHeadAndAfterIt) {
  const auto start = steady_clock::now();
  RawSocket socket =
      Open(RequestText("GET", "/x?emu.size=10&emu.delay_ms=150&emu.first_byte_delay=150"));
  auto head = ReadHead(socket);
  ASSERT_TRUE(head.ok()) << head.status();
  EXPECT_GE(Since(start), milliseconds(150));
  EXPECT_TRUE(ReadBody(socket, *head).ok());
  EXPECT_GE(Since(start), milliseconds(300));
}

TEST_F(EmulatorControls, PaceStandsBetweenEvents) {
  const auto start = steady_clock::now();
  Post("/v1/chat/completions?emu.events=4&emu.pace_ms=50", R"({"model":"m","stream":true})",
       {bearer_});
  EXPECT_GE(Since(start), milliseconds(6 * 50));
}

TEST_F(EmulatorControls, EventsHaveTheirNumberAndSize) {
  const HttpAnswer answer = Post("/v1/chat/completions?emu.events=3&emu.event_bytes=500",
                                 R"({"model":"m","stream":true})", {bearer_});
  const auto events = Events(answer.body);
  ASSERT_EQ(events.size(), 6u);
  EXPECT_EQ(
      nlohmann::json::parse(events[2])["choices"][0]["delta"]["content"].get<std::string>().size(),
      500u);
}

TEST_F(EmulatorControls, StallSendsThatMuchAndWaits) {
  RawSocket socket = Open(RequestText("POST", "/v1/chat/completions?emu.stall_after=2", {bearer_},
                                      R"({"model":"m","stream":true})"));
  std::string seen;
  while (Events(seen).size() < 2) seen += socket.ReadSome().value();
  const auto silent = socket.ReadSome(1, Deadline(milliseconds(100)));
  EXPECT_TRUE(absl::IsDeadlineExceeded(silent.status())) << silent.status();
  EXPECT_EQ(Events(seen).size(), 2u);
  socket.Close();
  const auto request = emulator_->WaitForRequest(
      "chat", [](const auto& r) { return !r["client_closed_ms"].is_null(); });
  EXPECT_EQ(request["answer"]["end"], "stalled");
}

TEST_F(EmulatorControls, CutEndsInsideTheBody) {
  RawSocket socket = Open(RequestText("GET", "/x?emu.size=1000&emu.cut_after=300"));
  auto answer = ReadHead(socket);
  ASSERT_TRUE(answer.ok());
  const absl::Status cut = ReadBody(socket, *answer);
  EXPECT_TRUE(absl::IsOutOfRange(cut)) << cut;
  EXPECT_EQ(answer->body, Pattern(0, 300));
}

TEST_F(EmulatorControls, ResetBeforeAndInsideTheAnswer) {
  RawSocket before = Open(RequestText("GET", "/x?emu.reset"));
  EXPECT_TRUE(absl::IsUnavailable(before.ReadSome().status()));
  RawSocket inside = Open(RequestText("GET", "/x?emu.size=1000&emu.reset=10"));
  EXPECT_EQ(inside.WaitForEnd().value(), RawSocket::PeerEnd::kReset);
}

TEST_F(EmulatorControls, HoldWaitsForItsRelease) {
  RawSocket socket =
      Open(RequestText("GET", "/x?emu.size=30&emu.chunk=10&emu.hold=gate&emu.hold_after=2"));
  auto head = ReadHead(socket);
  ASSERT_TRUE(head.ok());
  EXPECT_TRUE(socket.ReadExactly(2 * (3 + 10 + 2)).ok());
  EXPECT_TRUE(absl::IsDeadlineExceeded(socket.ReadSome(1, Deadline(milliseconds(50))).status()));
  emulator_->Release("gate");
  EXPECT_TRUE(socket.ReadUntil("0\r\n\r\n").ok());
}

TEST_F(EmulatorControls, EarlyAnswersBeforeTheBodyIsThere) {
  RawSocket socket =
      Open("POST /x?emu.early&emu.size=3 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
  EXPECT_EQ(ReadAnswer(socket)->body, Pattern(0, 3));
  ASSERT_TRUE(socket.SendAll("cd" + RequestText("GET", "/anything")).ok());
  EXPECT_EQ(ReadAnswer(socket)->status, 200);
  EXPECT_EQ(emulator_->Requests("emu.early")[0]["body"]["bytes"], 4);
}

TEST_F(EmulatorControls, ExpectIsAnsweredUnlessToldNot) {
  const std::string head =
      " HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
  RawSocket socket = Open("POST /anything" + head);
  EXPECT_EQ(ReadHead(socket)->status, 100);
  ASSERT_TRUE(socket.SendAll("ab").ok());
  EXPECT_EQ(ReadHead(socket)->status, 200);
  RawSocket silent = Open("POST /anything?emu.no_continue" + head);
  EXPECT_TRUE(absl::IsDeadlineExceeded(silent.ReadSome(1, Deadline(milliseconds(50))).status()));
}

TEST_F(EmulatorControls, SlowReadLeavesTheClientBlocked) {
  RawSocket socket = Open(
      "POST /anything?emu.slow_read=0 HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n");
  const std::string bytes(64 << 20, 'x');
  EXPECT_LT(socket.SendWhatFits(bytes), bytes.size());
  // A plain close would stand in the queue behind what is never read.
  socket.Reset();
  const auto request = emulator_->WaitForRequest(
      "slow_read", [](const auto& r) { return !r["client_closed_ms"].is_null(); });
  ASSERT_TRUE(request.is_object());
  EXPECT_EQ(request["answer"]["end"], "client_gone");
  EXPECT_EQ(request["body"]["complete"], false);
}

TEST_F(EmulatorControls, SlowReadWithARateGetsThere) {
  const auto start = steady_clock::now();
  const HttpAnswer answer = Post("/anything?emu.slow_read=20000", std::string(4000, 'x'));
  EXPECT_EQ(Json(answer)["bytes"], 4000);
  // What came with the head was read at once; the rest took its time, or nothing was left.
  EXPECT_LT(Since(start), milliseconds(5000));
}

}  // namespace
}  // namespace sluice::test
