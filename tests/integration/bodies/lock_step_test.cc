// Nothing waits for what comes after it. The two ends take turns, so that a gateway that held a
// byte back for the next one would stand still: order is asserted, and no time.
#include <gmock/gmock.h>

#include "fmt/format.h"
#include "tests/integration/bodies/bodies_fixture.h"
#include "tests/integration/bodies/turns.h"
#include "tests/support/raw_upstream.h"

namespace sluice::test {
namespace {

constexpr size_t kEvents = 200;
// Letters of two, three and four bytes.
constexpr std::string_view kLetters = "Grüße, 世界, 😀 и ещё";

// From a few bytes to more than any buffer on the way, with what belongs to an event.
std::string Event(size_t n) {
  const size_t padding = n % 20 == 7 ? 100'000 : n * 7;
  return fmt::format("id: {0}\r\nevent: step\ndata: {{\"n\":{0}}}\ndata: {1}\n: comment\n\n", n,
                     std::string(padding, 'x'));
}

size_t LengthOfAllEvents() {
  size_t length = 0;
  for (size_t n = 0; n < kEvents; ++n) length += Event(n).size();
  return length;
}

std::string HeadOf(const std::string& framing) {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + framing + "\r\n\r\n";
}

// Sends pieces, each once the client has said that it has the one before.
class PieceByPiece {
 public:
  PieceByPiece(std::string framing, std::vector<std::string> pieces)
      : framing_(std::move(framing)), pieces_(std::move(pieces)) {}

  void operator()(RawSocket& socket, const Turns& turns) const {
    if (RawUpstream::ReadRequest(socket).empty()) return;
    const bool chunked = framing_ == "Transfer-Encoding: chunked";
    if (!socket.SendAll(HeadOf(framing_)).ok()) return;
    for (size_t n = 0; n < pieces_.size(); ++n) {
      if (!turns.Await(n)) return;
      const std::string& piece = pieces_[n];
      const std::string sent = chunked ? fmt::format("{:x}\r\n{}\r\n", piece.size(), piece) : piece;
      if (!socket.SendAll(sent).ok()) return;
    }
    if (chunked) socket.SendAll("0\r\n\r\n").IgnoreError();
  }

 private:
  std::string framing_;
  std::vector<std::string> pieces_;
};

// Reads the answer and grants a piece whenever the one before is there, whole and alone.
size_t ReceiveInTurn(RawSocket& socket, const std::vector<std::string>& pieces, Turns& turns) {
  auto head = ReadHead(socket);
  EXPECT_TRUE(head.ok()) << head.status();
  if (!head.ok()) return 0;
  size_t received = 0;
  std::string held;
  turns.Grant();
  const auto status = StreamBody(
      socket, *head,
      [&](std::string_view bytes) {
        held.append(bytes);
        // No read brings a byte that belongs to the next piece: it has not been sent yet.
        ASSERT_LT(received, pieces.size());
        ASSERT_TRUE(pieces[received].starts_with(held)) << "after " << received << " pieces";
        if (held.size() < pieces[received].size()) return;
        held.clear();
        ++received;
        turns.Grant();
      },
      "GET");
  EXPECT_TRUE(status.ok()) << "after " << received << " pieces: " << status;
  return received;
}

TEST_F(BodiesTest, EachEventArrivesBeforeTheNextIsSent) {
  std::vector<std::string> events;
  for (size_t n = 0; n < kEvents; ++n) events.push_back(Event(n));
  const std::vector<std::string> framings = {
      "Transfer-Encoding: chunked", "Connection: close",
      fmt::format("Content-Length: {}", LengthOfAllEvents())};
  for (const std::string& framing : framings) {
    SCOPED_TRACE(framing);
    Turns turns;
    const PieceByPiece script(framing, events);
    RawUpstream upstream([&](RawSocket& socket, size_t) { script(socket, turns); });
    const std::string name = fmt::format("steps-{}", upstream.port());
    Route(name, upstream.url());
    auto socket = RawSocket::Connect(stack().port());
    ASSERT_TRUE(socket.ok());
    ASSERT_TRUE(socket->SendAll(Head("GET", "/p/" + name + "/events", 0, 0)).ok());
    EXPECT_EQ(ReceiveInTurn(*socket, events, turns), kEvents);
  }
}

TEST_F(BodiesTest, LettersCutInTheMiddleArriveByteByByte) {
  std::vector<std::string> bytes;
  for (char c : kLetters) bytes.emplace_back(1, c);
  for (const std::string& framing : {std::string("Transfer-Encoding: chunked"),
                                     fmt::format("Content-Length: {}", bytes.size())}) {
    SCOPED_TRACE(framing);
    Turns turns;
    const PieceByPiece script(framing, bytes);
    RawUpstream upstream([&](RawSocket& socket, size_t) { script(socket, turns); });
    const std::string name = fmt::format("letters-{}", upstream.port());
    Route(name, upstream.url());
    auto socket = RawSocket::Connect(stack().port());
    ASSERT_TRUE(socket.ok());
    ASSERT_TRUE(socket->SendAll(Head("GET", "/p/" + name + "/letters", 0, 0)).ok());
    EXPECT_EQ(ReceiveInTurn(*socket, bytes, turns), bytes.size());
  }
}

// The other way: byte n+1 leaves the client once the provider has byte n.
TEST_F(BodiesTest, ABodyGoesUpByteByByte) {
  for (const ChunkSize chunk : {0, 1}) {
    SCOPED_TRACE(chunk == 0 ? "with a length" : "chunked");
    Turns turns;
    RawUpstream upstream([&](RawSocket& socket, size_t) {
      if (!socket.ReadUntil("\r\n\r\n").ok()) return;
      turns.Grant();
      for (char c : kLetters) {
        const auto read = chunk > 0 ? socket.ReadExactly(Chunk("?").size()) : socket.ReadExactly(1);
        if (!read.ok() || *read != (chunk > 0 ? Chunk({&c, 1}) : std::string(1, c))) return;
        turns.Grant();
      }
      if (chunk > 0 && !socket.ReadUntil("0\r\n\r\n").ok()) return;
      socket.SendAll("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").IgnoreError();
    });
    const std::string name = fmt::format("up-{}", upstream.port());
    Route(name, upstream.url());
    auto socket = RawSocket::Connect(stack().port());
    ASSERT_TRUE(socket.ok());
    ASSERT_TRUE(socket->SendAll(Head("POST", "/p/" + name + "/up", chunk, kLetters.size())).ok());
    for (size_t n = 0; n < kLetters.size(); ++n) {
      ASSERT_TRUE(turns.Await(n)) << "byte " << n << " did not arrive alone";
      const std::string_view byte = kLetters.substr(n, 1);
      ASSERT_TRUE(socket->SendAll(chunk > 0 ? Chunk(byte) : std::string(byte)).ok());
    }
    if (chunk > 0) {
      ASSERT_TRUE(socket->SendAll("0\r\n\r\n").ok());
    }
    const auto answer = ReadAnswer(*socket, "POST");
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->status, 200);
  }
}

}  // namespace
}  // namespace sluice::test
