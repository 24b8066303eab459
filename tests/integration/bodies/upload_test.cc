// Large uploads, and an upload over several requests whose every half comes through the gateway.
#include <gmock/gmock.h>

#include "absl/strings/escaping.h"
#include "fmt/format.h"
#include "tests/integration/bodies/bodies_fixture.h"

namespace sluice::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr size_t kHundredMegabytes = size_t{100} << 20;
constexpr const char* kBoundary = "----sluice7MA4YWxkTrZu0gW";

std::string Form(std::string_view content) {
  return fmt::format(
      "--{0}\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nassistants\r\n"
      "--{0}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"big.bin\"\r\n"
      "Content-Type: application/octet-stream\r\n\r\n{1}\r\n--{0}--\r\n",
      kBoundary, content);
}

TEST_F(BodiesTest, AMultipartUploadOfAHundredMegabytes) {
  const std::string content = Pattern(11, kHundredMegabytes);
  const std::string content_hash = Sha256Of(content);
  const std::string form = Form(content);
  const std::string type = fmt::format("Content-Type: multipart/form-data; boundary={}", kBoundary);
  for (const ChunkSize chunk : {size_t{0}, size_t{1} << 20}) {
    const HttpAnswer answer = Send("POST", "/p/openai/v1/files", form, chunk, {type});
    ASSERT_EQ(answer.status, 200) << answer.body;
    const auto file = nlohmann::json::parse(answer.body);
    EXPECT_EQ(file["bytes"], content.size());
    EXPECT_EQ(file["filename"], "big.bin");
    EXPECT_EQ(file["purpose"], "assistants");
    EXPECT_EQ(file["sha256"], content_hash);
    const auto received = Received("/v1/files");
    EXPECT_EQ(received["body"]["sha256"], Sha256Of(form));
    EXPECT_EQ(received["body"]["framing"], chunk > 0 ? "chunked" : "content-length");
  }
}

// The parts of Gemini's resumable upload, as a client sees them.
class ResumableUpload {
 public:
  ResumableUpload(uint16_t gateway, std::string key)
      : gateway_(gateway), host_(fmt::format("127.0.0.1:{}", gateway)), key_(std::move(key)) {}

  // Empty if it was refused.
  std::string Start() {
    const auto answer =
        Request("POST", "/p/gemini/upload/v1beta/files?uploadType=resumable",
                {"X-Goog-Upload-Protocol: resumable", "X-Goog-Upload-Command: start",
                 "X-Goog-Upload-Header-Content-Type: application/x-part"},
                R"({"file":{"displayName":"parts"}})");
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.Header("X-Goog-Upload-Control-URL"), answer.Header("X-Goog-Upload-URL"));
    return answer.Header("X-Goog-Upload-URL").value_or("");
  }
  HttpAnswer Command(const std::string& url, const std::string& command, size_t offset,
                     std::string_view bytes) {
    return Request("POST", PathOf(url), Fields(command, offset), bytes);
  }
  // Says that all of `bytes` will come, sends `sent` of them and leaves.
  void BreakOff(const std::string& url, size_t offset, std::string_view bytes, size_t sent) {
    std::string text = RequestText("POST", PathOf(url), WithKey(Fields("upload", offset)), bytes);
    auto socket = RawSocket::Connect(gateway_);
    ASSERT_TRUE(socket.ok()) << socket.status();
    ASSERT_TRUE(socket->SendAll(text.substr(0, text.size() - bytes.size() + sent)).ok());
    socket->HalfClose();
    ASSERT_TRUE(socket->WaitForEnd().ok());
  }
  HttpAnswer Get(const std::string& target) { return Request("GET", target, {}, ""); }
  std::string origin() const { return "http://" + host_; }

 private:
  std::string PathOf(const std::string& url) const {
    EXPECT_THAT(url, StartsWith(origin() + "/p/gemini/upload/"));
    return url.size() > origin().size() ? url.substr(origin().size()) : "/";
  }
  static std::vector<std::string> Fields(const std::string& command, size_t offset) {
    return {"X-Goog-Upload-Command: " + command, fmt::format("X-Goog-Upload-Offset: {}", offset)};
  }
  std::vector<std::string> WithKey(std::vector<std::string> fields) const {
    fields.insert(fields.end(), {"Host: " + host_, "x-goog-api-key: " + key_});
    return fields;
  }
  HttpAnswer Request(const std::string& method, const std::string& target,
                     const std::vector<std::string>& fields, std::string_view bytes) {
    auto answer = Fetch(gateway_, method, target, WithKey(fields), bytes);
    EXPECT_TRUE(answer.ok()) << target << ": " << answer.status();
    return answer.ok() ? *std::move(answer) : HttpAnswer();
  }

  uint16_t gateway_;
  std::string host_;
  std::string key_;
};

void ExpectFile(ResumableUpload& upload, const HttpAnswer& finished, const std::string& content,
                const std::string& content_hash) {
  ASSERT_EQ(finished.status, 200) << finished.body;
  EXPECT_EQ(finished.Header("X-Goog-Upload-Status"), "final");
  const auto file = nlohmann::json::parse(finished.body)["file"];
  EXPECT_EQ(file["sizeBytes"], std::to_string(content.size()));
  EXPECT_EQ(file["sha256Hash"], absl::Base64Escape(content_hash));
  EXPECT_EQ(file["mimeType"], "application/x-part");
  const HttpAnswer download = upload.Get(
      fmt::format("/p/gemini/v1beta/{}:download?alt=media", file["name"].get<std::string>()));
  EXPECT_EQ(download.status, 200);
  EXPECT_TRUE(download.body == content) << download.body.size() << " bytes came";
}

TEST_F(BodiesTest, AResumableUploadInTwoPartsComesThroughWhole) {
  const std::string content = Pattern(13, 700'000);
  constexpr size_t kFirst = 262'144;
  ResumableUpload upload(stack().port(), key());
  const std::string url = upload.Start();
  EXPECT_THAT(url, Not(HasSubstr(std::to_string(emulator().port()))));

  const std::string_view all = content;
  const HttpAnswer first = upload.Command(url, "upload", 0, all.substr(0, kFirst));
  EXPECT_EQ(first.Header("X-Goog-Upload-Status"), "active");
  const HttpAnswer asked = upload.Command(url, "query", 0, "");
  EXPECT_EQ(asked.Header("X-Goog-Upload-Size-Received"), std::to_string(kFirst));
  const HttpAnswer last = upload.Command(url, "upload, finalize", kFirst, all.substr(kFirst));
  ExpectFile(upload, last, content, Sha256Of(content));
}

TEST_F(BodiesTest, ABrokenUploadGoesOnWhereTheProviderSays) {
  const std::string content = Pattern(17, 900'000);
  const std::string_view all = content;
  ResumableUpload upload(stack().port(), key());
  const std::string url = upload.Start();
  emulator().Forget();
  upload.BreakOff(url, 0, all, 500'000);
  const auto broken = emulator().WaitForRequest("upload_id", [](const nlohmann::json& request) {
    return !request["client_closed_ms"].is_null();
  });
  ASSERT_FALSE(broken.is_null()) << "the provider's connection stayed open";

  const HttpAnswer asked = upload.Command(url, "query", 0, "");
  const size_t received = std::stoul(asked.Header("X-Goog-Upload-Size-Received").value_or("0"));
  EXPECT_GT(received, 0u);
  EXPECT_LE(received, 500'000u);
  const HttpAnswer last = upload.Command(url, "upload, finalize", received, all.substr(received));
  ExpectFile(upload, last, content, Sha256Of(content));
}

}  // namespace
}  // namespace sluice::test
