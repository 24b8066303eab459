// Changes reach the data plane while it works, and cut nothing: neither a stream of a minute nor
// 200 MB either way.
#include <atomic>
#include <string>
#include <thread>

#include "tests/integration/stack_test.h"

namespace sluice::test {
namespace {

constexpr size_t kBig = 200u << 20;
const Deadline& Patient() {
  static const Deadline deadline{std::chrono::minutes(4)};
  return deadline;
}

class LiveChangeTest : public StackTest {
 protected:
  std::string HashOf(size_t size) {
    return stack_->emulator()
        .Page("/emulator/blob-hash?size=" + std::to_string(size) + "&seed=7")
        .value("sha256", "");
  }
};

// One stream with an event every 100 ms, until it has said [DONE].
void ReadStream(RawSocket socket, size_t* events, bool* complete) {
  auto head = ReadHead(socket);
  ASSERT_TRUE(head.ok()) << head.status();
  std::string text;
  ASSERT_TRUE(
      StreamBody(
          socket, *head, [&](std::string_view bytes) { text.append(bytes); }, "POST", Patient())
          .ok());
  for (size_t at = 0; (at = text.find("\"delta\":{\"content\"", at)) != std::string::npos; ++at)
    ++*events;
  *complete = text.ends_with("data: [DONE]\n\n");
}

TEST_F(LiveChangeTest, StreamsAndTransfersEndWholeWhileEverythingChanges) {
  constexpr size_t kEvents = 600;
  auto stream = RawSocket::Connect(stack_->port());
  ASSERT_TRUE(stream.ok());
  const std::string body = R"({"model":"m","stream":true,"messages":[]})";
  ASSERT_TRUE(stream
                  ->SendAll(RequestText("POST",
                                        "/p/demo/chat/completions?emu.pace_ms=100&emu.events=" +
                                            std::to_string(kEvents),
                                        {Stack::Bearer(key_)}, body))
                  .ok());
  size_t events = 0;
  bool stream_complete = false;
  std::thread streaming(ReadStream, std::move(*stream), &events, &stream_complete);

  // The provider's base URL ends in /v1, and the blob stands beside it: a second provider reaches
  // it.
  ASSERT_TRUE(stack_->AddProvider("blobs", "custom", stack_->emulator().url()).ok());
  const std::string target = "/p/blobs/emulator/blob?size=" + std::to_string(kBig) + "&seed=7";
  auto download = RawSocket::Connect(stack_->port());
  ASSERT_TRUE(download.ok() && download->SendAll(HeadText("GET", target)).ok());
  auto download_head = ReadHead(*download);
  ASSERT_TRUE(download_head.ok()) << download_head.status();
  ASSERT_EQ(download_head->status, 200);

  auto upload = RawSocket::Connect(stack_->port());
  ASSERT_TRUE(upload.ok());
  ASSERT_TRUE(upload
                  ->SendAll(HeadText("POST", "/p/blobs/anything",
                                     {"Content-Length: " + std::to_string(kBig)}))
                  .ok());
  const std::string piece(1 << 20, 'u');
  ASSERT_TRUE(upload->SendAll(piece, Patient()).ok());

  // Half of each transfer is under way; now everything changes.
  ASSERT_TRUE(stack_->AddProvider("late", "openai", stack_->emulator().url() + "/v1").ok());
  EXPECT_EQ(Status("/p/late/models"), 200);
  auto other = stack_->AddClientKey("other");
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(Fetch(stack_->port(), "GET", "/p/demo/models", {Stack::Bearer(*other)})->status, 200);
  ASSERT_TRUE(stack_->Ctl({"key", "revoke", "other", "--wait"}).ok());
  EXPECT_EQ(Fetch(stack_->port(), "GET", "/p/demo/models", {Stack::Bearer(*other)})->status, 401);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(stack_->Ctl({"settings", "set", "enable_passthrough_routes=false", "--wait"}).ok());
    EXPECT_EQ(Status(), 404);
    ASSERT_TRUE(stack_->Ctl({"settings", "set", "enable_passthrough_routes=true", "--wait"}).ok());
    EXPECT_EQ(Status(), 200);
  }
  ASSERT_TRUE(stack_->Ctl({"provider", "update", "demo", "--disable", "--wait"}).ok());
  EXPECT_EQ(Status(), 400);
  // A running exchange keeps even a provider that no longer exists, and a key that was revoked.
  ASSERT_TRUE(stack_->Ctl({"provider", "delete", "blobs", "--wait"}).ok());
  ASSERT_TRUE(stack_->Ctl({"key", "revoke", "test", "--wait"}).ok());
  EXPECT_EQ(Status(), 401);

  for (size_t sent = piece.size(); sent < kBig; sent += piece.size()) {
    ASSERT_TRUE(upload->SendAll(piece, Patient()).ok());
  }
  auto uploaded = ReadAnswer(*upload, "POST", Patient());
  ASSERT_TRUE(uploaded.ok()) << uploaded.status();
  EXPECT_EQ(uploaded->status, 200);
  EXPECT_NE(uploaded->body.find(std::to_string(kBig)), std::string::npos) << uploaded->body;

  size_t downloaded = 0;
  uint64_t sum = 14695981039346656037u;
  auto hash = [&](std::string_view bytes) {
    downloaded += bytes.size();
    for (char c : bytes) sum = (sum ^ static_cast<unsigned char>(c)) * 1099511628211u;
  };
  ASSERT_TRUE(StreamBody(*download, *download_head, hash, "GET", Patient()).ok());
  EXPECT_EQ(downloaded, kBig);
  streaming.join();
  EXPECT_EQ(events, kEvents);
  EXPECT_TRUE(stream_complete);

  // The same bytes straight from the provider.
  auto direct = RawSocket::Connect(stack_->emulator().port());
  ASSERT_TRUE(direct.ok());
  ASSERT_TRUE(direct->SendAll(RequestText("GET", target.substr(8))).ok());
  auto direct_head = ReadHead(*direct);
  ASSERT_TRUE(direct_head.ok());
  uint64_t through = sum;
  sum = 14695981039346656037u;
  ASSERT_TRUE(StreamBody(*direct, *direct_head, hash, "GET", Patient()).ok());
  EXPECT_EQ(through, sum);
}

TEST_F(LiveChangeTest, TheProviderSeesOnlyTheOperatorsKey) {
  auto answer =
      Ask("POST", "/p/demo/v1/chat/completions?key=" + key_ + "&a=1&&b", R"({"model":"m"})",
          {"x-api-key: " + key_, "X-Goog-Api-Key: junk", "Cookie: a=b"});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, 200);
  auto request = stack_->emulator().Requests("chat/completions").back();
  std::string head = EmulatorProcess::RawHead(request);
  EXPECT_EQ(head.find(key_), std::string::npos) << head;
  EXPECT_EQ(head.find("junk"), std::string::npos) << head;
  EXPECT_EQ(head.find("Cookie"), std::string::npos) << head;
  EXPECT_TRUE(head.starts_with("POST /v1/chat/completions?a=1&&b HTTP/1.1\r\n")) << head;
  EXPECT_EQ(EmulatorProcess::HeaderValues(request, "Authorization"),
            std::vector<std::string>{"Bearer sk-emulator-0001"});
}

TEST_F(LiveChangeTest, TwoInstancesOfAPresetHaveTheirOwnKeys) {
  ASSERT_TRUE(
      stack_->AddProvider("openai", "openai", stack_->emulator().url() + "/v1", "sk-emulator-west")
          .ok());
  ASSERT_TRUE(stack_
                  ->AddProvider("openai-east", "openai", stack_->emulator().url() + "/east/v1",
                                "sk-emulator-east")
                  .ok());
  auto west = Ask("POST", "/p/openai/chat/completions", R"({"model":"m"})");
  auto east = Ask("POST", "/p/openai-east/chat/completions", R"({"model":"m"})");
  ASSERT_TRUE(west.ok() && east.ok());
  EXPECT_NE(west->body.find("…west"), std::string::npos) << west->body;
  EXPECT_NE(east->body.find("base /east/v1, key …east"), std::string::npos) << east->body;
}

}  // namespace
}  // namespace sluice::test
