// Every byte value in every framing, both ways, and what does not belong to a body.
#include <gmock/gmock.h>

#include "fmt/format.h"
#include "tests/integration/bodies/bodies_fixture.h"

namespace sluice::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr size_t kBigChunk = size_t{16} << 20;

// How a body goes up, and how the emulator is told to send it down.
struct Framing {
  ChunkSize up;
  const char* down;
  const char* coding;  // Transfer-Encoding that the client must see; empty: a length
};

constexpr Framing kFramings[] = {
    {0, "", ""},
    {4096, "", ""},
    {0, "&emu.chunk=4096", "chunked"},
    {4096, "&emu.chunk=4096", "chunked"},
    {1000, "&emu.chunk=77", "chunked"},
    {0, "&emu.close_delimited", "chunked"},  // rule 4.5
};

TEST_F(BodiesTest, EveryByteValueComesBackAsItWasSent) {
  const std::string bytes = AllPairs();
  for (const Framing& framing : kFramings) {
    SCOPED_TRACE(fmt::format("up in chunks of {}, down with \"{}\"", framing.up, framing.down));
    const std::string target = std::string("/anything?emu.echo") + framing.down;
    const HttpAnswer answer = Send("POST", "/p/plain" + target, bytes, framing.up);
    ASSERT_EQ(answer.status, 200) << answer.body.substr(0, 200);
    EXPECT_TRUE(answer.body == bytes) << answer.body.size() << " bytes came back";
    EXPECT_EQ(answer.Header("Transfer-Encoding").value_or(""), framing.coding);
    EXPECT_EQ(answer.Header("Content-Length").has_value(), std::string(framing.coding).empty());
    const auto received = Received(target);
    EXPECT_EQ(received["body"]["sha256"], Sha256Of(bytes));
    EXPECT_EQ(received["body"]["framing"], framing.up > 0 ? "chunked" : "content-length");
  }
}

TEST_F(BodiesTest, EveryMethodCarriesABody) {
  const std::string bytes = AllPairs();
  for (const std::string method : {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
    for (const ChunkSize chunk : {0, 4096}) {
      SCOPED_TRACE(method);
      const HttpAnswer answer = Send(method, "/p/plain/anything?emu.echo", bytes, chunk);
      EXPECT_EQ(answer.status, 200);
      EXPECT_TRUE(answer.body == bytes) << answer.body.size() << " bytes came back";
      EXPECT_EQ(Received("/anything")["method"], method);
    }
  }
}

TEST_F(BodiesTest, ChunksOfOneByte) {
  const std::string bytes = Pattern(3, 20'000);
  const HttpAnswer up = Send("POST", "/p/plain/anything?one=up", bytes, 1);
  ASSERT_EQ(up.status, 200);
  EXPECT_EQ(Received("one=up")["body"]["sha256"], Sha256Of(bytes));
  EXPECT_EQ(Received("one=up")["body"]["bytes"], bytes.size());

  const HttpAnswer down = Get("/p/plain/anything?emu.size=20000&emu.seed=3&emu.chunk=1");
  EXPECT_TRUE(down.body == bytes) << down.body.size() << " bytes came";
  EXPECT_EQ(down.Header("Transfer-Encoding"), "chunked");
}

// Chunk extensions end at the gateway; what looks like framing inside a chunk is content.
TEST_F(BodiesTest, ARequestInSegmentsOfOneByte) {
  const std::string content("a\r\n0\r\n\r\n\0\xff\xfe", 11);
  const std::string text = Head("POST", "/p/plain/anything?emu.echo&segments", 1, 0) +
                           Chunk(content) + "00b;name=\"value\"\r\n" + content + "\r\n" +
                           "0;last\r\n\r\n";
  auto socket = RawSocket::Connect(stack().port());
  ASSERT_TRUE(socket.ok());
  ASSERT_TRUE(socket->SendFragmented(text, 1, std::chrono::milliseconds(0)).ok());
  const auto answer = ReadAnswer(*socket, "POST");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->body, content + content);
  EXPECT_EQ(Received("segments")["body"]["sha256"], Sha256Of(content + content));
}

TEST_F(BodiesTest, OneChunkOfSixteenMegabytes) {
  const std::string bytes = Pattern(5, kBigChunk);
  const HttpAnswer up = Send("POST", "/p/plain/anything?big=up", bytes, kBigChunk);
  ASSERT_EQ(up.status, 200);
  EXPECT_EQ(Received("big=up")["body"]["sha256"], Sha256Of(bytes));

  const std::string target =
      fmt::format("/anything?emu.size={0}&emu.seed=5&emu.chunk={0}", kBigChunk);
  // The emulator's own framing is what is relayed, so that it must be the one big chunk.
  EXPECT_THAT(Direct("GET", target, "").chunks, ElementsAre(kBigChunk));
  const HttpAnswer down = Get("/p/plain" + target);
  EXPECT_TRUE(down.body == bytes) << down.body.size() << " bytes came";
}

TEST_F(BodiesTest, TrailersOfARequestEndAtTheGateway) {
  const std::string text = Head("POST", "/p/plain/anything?emu.echo&trailing", 1, 0,
                                {"Trailer: X-Trail, Authorization"}) +
                           Chunk("whole") + "0\r\nX-Trail: t1\r\nAuthorization: t2\r\n\r\n" +
                           Head("GET", "/p/plain/anything?after", 0, 0);
  auto socket = RawSocket::Connect(stack().port());
  ASSERT_TRUE(socket.ok() && socket->SendAll(text).ok());
  const auto answer = ReadAnswer(*socket, "POST");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->body, "whole");
  const auto received = Received("trailing");
  EXPECT_THAT(received["body"]["trailers"], IsEmpty());
  EXPECT_THAT(EmulatorProcess::HeaderValues(received, "Trailer"), IsEmpty());
  EXPECT_THAT(EmulatorProcess::HeaderValues(received, "X-Trail"), IsEmpty());
  // The connection stands where the trailers end.
  const auto after = ReadAnswer(*socket);
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(after->status, 200);
}

TEST_F(BodiesTest, TrailersOfAnAnswerEndAtTheGateway) {
  const std::string path = "/anything?emu.body=whole&emu.header=Trailer%3A%20X-Sum&emu.trailer=";
  const std::string trailer = "X-Sum%3A%201&emu.trailer=Set-Cookie%3A%20a%3Db";
  ASSERT_EQ(Direct("GET", path + trailer, "").trailers.size(), 2u);
  auto socket = RawSocket::Connect(stack().port());
  ASSERT_TRUE(socket.ok());
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(socket->SendAll(Head("GET", "/p/plain" + path + trailer, 0, 0)).ok());
    const auto answer = ReadAnswer(*socket);
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->body, "whole");
    EXPECT_THAT(answer->trailers, IsEmpty());
    EXPECT_FALSE(answer->Header("Trailer").has_value());
    EXPECT_FALSE(answer->Header("X-Sum").has_value());
  }
}

}  // namespace
}  // namespace sluice::test
