#include "tests/integration/bodies/bodies_fixture.h"

#include <zlib.h>

#include <algorithm>

#include "absl/strings/escaping.h"
#include "common/crypto/digest.h"
#include "fmt/format.h"
#include "tests/support/emulator/pattern.h"

namespace sluice::test {
namespace {

absl::Status SendChunks(RawSocket& socket, std::string_view body, size_t chunk,
                        const Deadline& deadline) {
  std::string framed;
  for (size_t at = 0; at < body.size(); at += chunk) {
    const std::string_view piece = body.substr(at, chunk);
    fmt::format_to(std::back_inserter(framed), "{:x}\r\n", piece.size());
    framed.append(piece).append("\r\n");
  }
  return socket.SendAll(framed + "0\r\n\r\n", deadline);
}

}  // namespace

void BodiesTest::SetUpTestSuite() {
  SharedStackTest::SetUpTestSuite();
  if (HasFatalFailure()) return;
  Route("plain", emulator().url());
  for (const auto& [preset, path] : {std::pair("openai", "/v1"), std::pair("gemini", "/v1beta")}) {
    const auto added = stack().AddProvider(preset, preset, emulator().url() + path);
    ASSERT_TRUE(added.ok()) << added;
  }
}

void BodiesTest::Route(const std::string& name, const std::string& base_url) {
  const auto added = stack().AddProvider(name, "custom", base_url);
  ASSERT_TRUE(added.ok()) << added;
}

std::string BodiesTest::Head(const std::string& method, const std::string& target, ChunkSize chunk,
                             size_t body_size, const std::vector<std::string>& headers) {
  std::vector<std::string> all = headers;
  all.push_back(Stack::Bearer(key()));
  if (chunk > 0) {
    all.push_back("Transfer-Encoding: chunked");
  } else if (body_size > 0) {
    all.push_back(fmt::format("Content-Length: {}", body_size));
  }
  return RequestText(method, target, all);
}

HttpAnswer BodiesTest::Send(const std::string& method, const std::string& target,
                            std::string_view body, ChunkSize chunk,
                            const std::vector<std::string>& headers) {
  const Deadline deadline = Patient();
  auto socket = RawSocket::Connect(stack().port());
  EXPECT_TRUE(socket.ok()) << socket.status();
  if (!socket.ok()) return {};
  absl::Status sent = socket->SendAll(Head(method, target, chunk, body.size(), headers), deadline);
  if (sent.ok()) {
    sent = chunk > 0 ? SendChunks(*socket, body, chunk, deadline) : socket->SendAll(body, deadline);
  }
  EXPECT_TRUE(sent.ok()) << method << " " << target << ": " << sent;
  auto answer = ReadAnswer(*socket, method, deadline);
  EXPECT_TRUE(answer.ok()) << method << " " << target << ": " << answer.status();
  return answer.ok() ? *std::move(answer) : HttpAnswer();
}

HttpAnswer BodiesTest::Direct(const std::string& method, const std::string& path,
                              const std::string& body) {
  auto answer = Fetch(emulator().port(), method, path, {"Authorization: Bearer sk-emulator-0001"},
                      body, Patient());
  EXPECT_TRUE(answer.ok()) << method << " " << path << ": " << answer.status();
  return answer.ok() ? *std::move(answer) : HttpAnswer();
}

nlohmann::json BodiesTest::Received(const std::string& path) {
  return emulator().WaitForRequest(
      path, [](const nlohmann::json& request) { return request["body"]["complete"] == true; });
}

std::string BodiesTest::Sha256Of(std::string_view bytes) {
  return absl::BytesToHexString(crypto::Sha256Bytes(bytes));
}

std::string BodiesTest::Pattern(uint64_t seed, size_t size) {
  std::string bytes;
  emulator::AppendPattern(seed, 0, size, bytes);
  return bytes;
}

std::string BodiesTest::AllPairs() {
  std::string bytes;
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      bytes.push_back(static_cast<char>(first));
      bytes.push_back(static_cast<char>(second));
    }
  }
  return bytes;
}

std::string BodiesTest::Gzipped(std::string_view plain) {
  z_stream stream{};
  constexpr int kGzipWindow = 15 + 16;
  EXPECT_EQ(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY),
            Z_OK);
  std::string zipped(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(zipped.data());
  stream.avail_out = static_cast<uInt>(zipped.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  zipped.resize(stream.total_out);
  deflateEnd(&stream);
  return zipped;
}

std::string BodiesTest::Chunk(std::string_view bytes) {
  return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}

}  // namespace sluice::test
