// Encoded bodies are nobody's business but the two ends': the gateway moves them as they are.
#include <gmock/gmock.h>

#include "fmt/format.h"
#include "tests/integration/bodies/bodies_fixture.h"
#include "tests/support/raw_upstream.h"

namespace sluice::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kStream = R"({"model":"m","stream":true,"messages":[]})";

TEST_F(BodiesTest, AGzippedRequestStaysGzipped) {
  const std::string zipped = Gzipped(std::string(300'000, 'a') + Pattern(1, 1000));
  for (const ChunkSize chunk : {0, 100}) {
    const HttpAnswer answer =
        Send("POST", "/p/plain/anything?gzip=up", zipped, chunk, {"Content-Encoding: gzip"});
    ASSERT_EQ(answer.status, 200);
    const auto received = Received("gzip=up");
    EXPECT_EQ(received["body"]["sha256"], Sha256Of(zipped));
    EXPECT_THAT(EmulatorProcess::HeaderValues(received, "Content-Encoding"), ElementsAre("gzip"));
  }
}

TEST_F(BodiesTest, AGzippedAnswerStaysGzipped) {
  const std::string size = "emu.size=1000000&emu.seed=9&emu.gzip";
  for (const std::string& path : {std::string("/anything?emu.gzip"), "/anything?" + size,
                                  "/anything?" + size + "&emu.close_delimited"}) {
    SCOPED_TRACE(path);
    const HttpAnswer direct = Direct("GET", path, "");
    // Asked for or not.
    for (const std::string accept : {"gzip", "identity", "br, zstd"}) {
      const HttpAnswer through =
          Send("GET", "/p/plain" + path, "", 0, {"Accept-Encoding: " + accept});
      EXPECT_EQ(through.Header("Content-Encoding"), "gzip");
      EXPECT_EQ(through.Count("Content-Encoding"), 1u);
      EXPECT_EQ(through.Header("Content-Length"), direct.Header("Content-Length"));
      if (path != "/anything?emu.gzip") {
        EXPECT_EQ(Sha256Of(through.body), Sha256Of(direct.body));
      }
      EXPECT_EQ(through.body.substr(0, 2), "\x1f\x8b");
      EXPECT_THAT(EmulatorProcess::HeaderValues(Received("emu.gzip"), "Accept-Encoding"),
                  ElementsAre(accept));
    }
  }
}

TEST_F(BodiesTest, AGzippedStreamStaysGzipped) {
  const std::string path = "/v1/chat/completions?emu.gzip&emu.events=50";
  const HttpAnswer direct = Direct("POST", path, kStream);
  const HttpAnswer through = Send("POST", "/p/openai" + path.substr(3), kStream);
  EXPECT_EQ(through.Header("Content-Encoding"), "gzip");
  EXPECT_EQ(Sha256Of(through.body), Sha256Of(direct.body));
  EXPECT_TRUE(through.body.starts_with("\x1f\x8b"));
}

// Nothing looks inside: neither at codings that curl knows, nor at a body that is none of what it
// says.
TEST_F(BodiesTest, OtherCodingsAreRelayedUnread) {
  const std::string bytes = AllPairs();
  for (const std::string coding :
       {"br", "zstd", "deflate", "compress", "gzip", "x-unknown", "gzip, br"}) {
    SCOPED_TRACE(coding);
    RawUpstream upstream(
        {fmt::format("HTTP/1.1 200 OK\r\nContent-Encoding: {}\r\nContent-Length: "
                     "{}\r\nConnection: close\r\n\r\n{}",
                     coding, bytes.size(), bytes)});
    const std::string name = fmt::format("coding-{}", upstream.port());
    Route(name, upstream.url());
    const HttpAnswer answer = Get("/p/" + name + "/x");
    EXPECT_EQ(answer.Header("Content-Encoding"), coding);
    EXPECT_TRUE(answer.body == bytes) << answer.body.size() << " bytes came";
  }
}

TEST_F(BodiesTest, AnEventOfAMegabyte) {
  const std::string path = "/v1/chat/completions?emu.events=3&emu.event_bytes=1048576";
  const HttpAnswer direct = Direct("POST", path, kStream);
  ASSERT_GT(direct.body.size(), 3u << 20);
  const HttpAnswer through = Send("POST", "/p/openai" + path.substr(3), kStream);
  EXPECT_EQ(Sha256Of(through.body), Sha256Of(direct.body));
  EXPECT_THAT(through.body, ::testing::EndsWith("data: [DONE]\n\n"));
}

}  // namespace
}  // namespace sluice::test
