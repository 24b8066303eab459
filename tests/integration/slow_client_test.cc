// Clients that do not read, and clients that leave.
#include <chrono>

#include "tests/integration/stack_test.h"
#include "tests/support/stack/metrics_page.h"

namespace sluice::test {
namespace {

class SlowClientTest : public StackTest {
 protected:
  StackOptions Options() override {
    StackOptions options;
    options.dataplane_args = {"--workers", "1"};
    options.env = {kHoldNothingBack};
    return options;
  }
  void SetUp() override {
    StackTest::SetUp();
    ASSERT_TRUE(stack_->AddProvider("blobs", "custom", stack_->emulator().url()).ok());
  }
  // The resident size once a round of the neighbours' requests has not changed it.
  uint64_t RssOnceStill() {
    uint64_t before = 0;
    uint64_t now = stack_->dataplane().process().RssBytes();
    for (Deadline deadline; now != before && !deadline.passed();) {
      before = now;
      for (int i = 0; i < 50; ++i) EXPECT_EQ(Status(), 200);
      now = stack_->dataplane().process().RssBytes();
    }
    return now;
  }
};

TEST_F(SlowClientTest, AClientThatReadsNothingCostsItsWatermarkAndItsNeighboursNothing) {
  for (int i = 0; i < 200; ++i) ASSERT_EQ(Status(), 200);  // warm: what the process needs anyway
  uint64_t before = stack_->dataplane().process().RssBytes();
  auto stalled = RawSocket::Connect(stack_->port(), "127.0.0.1", 4096);
  ASSERT_TRUE(stalled.ok());
  ASSERT_TRUE(stalled->SendAll(HeadText("GET", "/p/blobs/emulator/blob?size=1073741824")).ok());
  ASSERT_TRUE(stalled->ReadSome(1).ok());
  uint64_t with = RssOnceStill();
  // 256 KiB of watermark, one read of libcurl's and allocator slack; sanitizers multiply and
  // keep memory, so there the test only proves that the other 1023 MiB stayed out.
#if defined(__SANITIZE_ADDRESS__) || defined(SLUICE_TSAN)
  constexpr uint64_t kMost = 48u << 20;
#else
  constexpr uint64_t kMost = 1u << 20;
#endif
  EXPECT_LT(with, before + kMost);

  // And the metrics say so.
  MetricsPage page = MetricsPage::Fetch(stack_->dataplane().port("ops"));
  const double waiting = page.Value("sluice_dataplane_buffered_bytes{direction=\"down\"}");
  EXPECT_GE(waiting, 256 * 1024);
  EXPECT_LT(waiting, 512 * 1024);
  EXPECT_GE(page.Value("sluice_dataplane_buffered_bytes_highest{direction=\"down\"}"), waiting);
  EXPECT_EQ(page.Value("sluice_dataplane_upstream_connections{state=\"busy\"}"), 1);

  // Nothing turns while the client sleeps: what CPU there was, was for the neighbours.
  double cpu = stack_->dataplane().process().CpuSeconds();
  ASSERT_TRUE(stack_->Ctl({"status"}).ok());  // about as long as a process takes to start
  EXPECT_LE(stack_->dataplane().process().CpuSeconds() - cpu, 0.05);
  auto neighbour = Ask("GET", "/p/demo/models");
  ASSERT_TRUE(neighbour.ok());
  EXPECT_EQ(neighbour->status, 200);

  stalled->Close();
  for (Deadline deadline; !deadline.passed();) {
    page = MetricsPage::Fetch(stack_->dataplane().port("ops"));
    if (page.Value("sluice_dataplane_buffered_bytes{direction=\"down\"}") == 0) break;
  }
  EXPECT_EQ(page.Value("sluice_dataplane_buffered_bytes{direction=\"down\"}"), 0);
  EXPECT_EQ(page.Value("sluice_dataplane_upstream_connections{state=\"busy\"}"), 0);
}

TEST_F(SlowClientTest, AClientThatLeavesTakesItsUpstreamConnectionWithIt) {
  const std::vector<std::string> phases = {
      "/p/demo/models?emu.hold=never",               // before the head
      "/p/blobs/emulator/blob?size=1073741824",      // in a body that flows
      "/p/demo/chat/completions?emu.stall_after=1",  // in a stream that is silent
  };
  for (const std::string& target : phases) {
    SCOPED_TRACE(target);
    stack_->emulator().Forget();
    auto client = RawSocket::Connect(stack_->port());
    ASSERT_TRUE(client.ok());
    const std::string body = R"({"model":"m","stream":true,"messages":[]})";
    bool post = target.find("chat") != std::string::npos;
    ASSERT_TRUE(client
                    ->SendAll(RequestText(post ? "POST" : "GET", target, {Stack::Bearer(key_)},
                                          post ? body : ""))
                    .ok());
    if (target.find("never") == std::string::npos) {
      ASSERT_TRUE(client->ReadSome(1).ok());
    } else {
      stack_->emulator().WaitForRequest("hold=never");
    }
    client->Close();
    auto request = stack_->emulator().WaitForRequest(
        target.substr(target.find('/', 4)),
        [](const nlohmann::json& r) { return !r["client_closed_ms"].is_null(); });
    EXPECT_FALSE(request.is_null()) << "the provider's connection stayed open";
  }
}

TEST_F(SlowClientTest, AnUploadThatTheProviderDoesNotReadWaitsInTheClient) {
  auto client = RawSocket::Connect(stack_->port());
  ASSERT_TRUE(client.ok());
  ASSERT_TRUE(client
                  ->SendAll(HeadText("POST", "/p/blobs/anything?emu.slow_read=0",
                                     {"Content-Length: 1073741824"}))
                  .ok());
  const std::string piece(1 << 20, 'x');
  size_t taken = 0;
  // What fits into the buffers on the way fits; then the kernel takes no more, however often it is
  // asked.
  for (int idle = 0; idle < 50;) {
    size_t count = client->SendWhatFits(piece);
    taken += count;
    idle = count == 0 ? idle + 1 : 0;
    if (count == 0) {
      EXPECT_EQ(Status(), 200);
    }
    ASSERT_LT(taken, size_t{64} << 20);
  }
  EXPECT_LT(taken, size_t{64} << 20);
}

}  // namespace
}  // namespace sluice::test
