#include "tests/support/raw_socket.h"

#include <chrono>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/http_reader.h"
#include "tests/support/raw_upstream.h"

namespace sluice::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Deadline Soon() { return Deadline(std::chrono::milliseconds(50)); }

// The body of the answer that a script sent, or the error in it.
absl::StatusOr<HttpAnswer> Reading(const std::string& bytes, const std::string& method = "GET") {
  RawUpstream upstream(
      [&](RawSocket& socket, size_t) { EXPECT_TRUE(socket.SendFragmented(bytes, 11).ok()); });
  auto socket = RawSocket::Connect(upstream.port());
  if (!socket.ok()) return socket.status();
  return ReadAnswer(*socket, method);
}

TEST(RawSocketTest, ReadsExactlyUntilAMarkAndToTheEnd) {
  RawUpstream upstream(
      [](RawSocket& socket, size_t) { EXPECT_TRUE(socket.SendAll("abcdef--ghi--rest").ok()); });
  auto socket = RawSocket::Connect(upstream.port());
  ASSERT_TRUE(socket.ok()) << socket.status();
  EXPECT_EQ(socket->ReadExactly(3).value(), "abc");
  EXPECT_EQ(socket->ReadUntil("--").value(), "def--");
  socket->Unread("<");
  EXPECT_EQ(socket->ReadUntil("--").value(), "<ghi--");
  EXPECT_EQ(socket->ReadToEnd().value(), "rest");
  EXPECT_TRUE(absl::IsOutOfRange(socket->ReadExactly(1).status()));
}

TEST(RawSocketTest, DeadlinesHold) {
  RawUpstream upstream([](RawSocket& socket, size_t) { socket.WaitForEnd().IgnoreError(); });
  auto socket = RawSocket::Connect(upstream.port());
  ASSERT_TRUE(socket.ok());
  EXPECT_TRUE(absl::IsDeadlineExceeded(socket->ReadSome(1, Soon()).status()));
  EXPECT_TRUE(absl::IsDeadlineExceeded(socket->WaitForEnd(Soon()).status()));
}

TEST(RawSocketTest, HalfCloseLeavesTheOtherDirection) {
  RawUpstream upstream([](RawSocket& socket, size_t) {
    const auto all = socket.ReadToEnd();
    EXPECT_TRUE(socket.SendAll("got " + all.value_or("nothing")).ok());
  });
  auto socket = RawSocket::Connect(upstream.port());
  ASSERT_TRUE(socket.ok());
  ASSERT_TRUE(socket->SendAll("all").ok());
  socket->HalfClose();
  EXPECT_EQ(socket->ReadToEnd().value(), "got all");
}

TEST(RawSocketTest, ResetAndCloseAreToldApart) {
  RawUpstream upstream([](RawSocket& socket, size_t index) {
    if (index == 0) socket.Reset();
  });
  auto reset = RawSocket::Connect(upstream.port());
  ASSERT_TRUE(reset.ok());
  EXPECT_EQ(reset->WaitForEnd().value(), RawSocket::PeerEnd::kReset);
  auto closed = RawSocket::Connect(upstream.port());
  ASSERT_TRUE(closed.ok());
  EXPECT_EQ(closed->WaitForEnd().value(), RawSocket::PeerEnd::kClosed);
}

TEST(RawSocketTest, NobodyListeningIsAnError) {
  uint16_t port = 0;
  {
    RawUpstream upstream([](RawSocket&, size_t) {});
    port = upstream.port();
  }
  EXPECT_TRUE(absl::IsUnavailable(RawSocket::Connect(port).status()));
}

TEST(HttpReaderTest, ReadsChunksTrailersAndInterimHeads) {
  const auto answer = Reading(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: "
      "1\r\nx-a: 2\r\n\r\n"
      "4\r\nwiki\r\n5;x=y\r\npedia\r\n0\r\nT: v\r\n\r\n");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->body, "wikipedia");
  EXPECT_THAT(answer->chunks, ElementsAre(4, 5));
  EXPECT_EQ(answer->Count("X-A"), 2u);
  EXPECT_EQ(answer->trailers.at(0).first, "T");
}

TEST(HttpReaderTest, BodiesEndByLengthByCloseOrAtOnce) {
  EXPECT_EQ(Reading("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhijk")->body, "hi");
  EXPECT_EQ(Reading("HTTP/1.0 200 OK\r\n\r\nto the end")->body, "to the end");
  EXPECT_EQ(Reading("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", "HEAD")->body, "");
  EXPECT_EQ(Reading("HTTP/1.1 204 No Content\r\n\r\n")->status, 204);
}

TEST(HttpReaderTest, CutAndUnsoundAnswersAreErrors) {
  EXPECT_TRUE(
      absl::IsOutOfRange(Reading("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi").status()));
  EXPECT_TRUE(absl::IsOutOfRange(
      Reading("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhi").status()));
  for (const std::string unsound :
       {"HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nbad name: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nnocolon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Reading(unsound).status())) << unsound;
  }
}

TEST(RawUpstreamTest, RecordsRawRequestsAndAnswersInTurn) {
  RawUpstream upstream(std::vector<std::string>{
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1",
      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n2"});
  const std::string first = RequestText("POST", "/a?b", {"X-Y:  z"}, "body");
  const std::string second =
      "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  auto socket = RawSocket::Connect(upstream.port());
  ASSERT_TRUE(socket.ok());
  ASSERT_TRUE(socket->SendAll(first + second).ok());
  EXPECT_EQ(ReadAnswer(*socket)->body, "1");
  EXPECT_EQ(ReadAnswer(*socket)->body, "2");
  EXPECT_EQ(socket->WaitForEnd().value(), RawSocket::PeerEnd::kClosed);
  EXPECT_TRUE(upstream.WaitForRequests(2));
  EXPECT_FALSE(upstream.WaitForRequests(3, std::chrono::milliseconds(20)));
  EXPECT_THAT(upstream.requests(), ElementsAre(first, second));
  EXPECT_EQ(upstream.connections(), 1u);
}

TEST(RawUpstreamTest, EndsWhileAClientHoldsOn) {
  auto upstream = std::make_unique<RawUpstream>(std::vector<std::string>{""});
  auto socket = RawSocket::Connect(upstream->port());
  ASSERT_TRUE(socket.ok());
  ASSERT_TRUE(socket->SendAll("GET / HTTP/1.1\r\n").ok());
  upstream.reset();
  EXPECT_TRUE(socket->WaitForEnd().ok());
}

}  // namespace
}  // namespace sluice::test
