// Back-pressure: what a client that does not read, or an exchange that does not take, costs the
// others.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "tests/unit/dataplane/edge/listener_fixture.h"

namespace sluice::edge {
namespace {

class FlowTest : public ListenerTest {};

size_t ResidentBytes() {
  size_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

TEST_F(FlowTest, ASlowClientCostsItsWatermarkAndNobodyElse) {
  Serve();
  RawClient neighbour(port());
  ASSERT_EQ(neighbour.Ask(Get("/hello")), Ok("hello"));
  const size_t before = ResidentBytes();
  RawClient slow(port(), 65536);
  slow.Send(Get("/big?200000000"));
  ASSERT_TRUE(record_.Wait("full"));
  for (int i = 0; i < 200; ++i) ASSERT_EQ(neighbour.Ask(Get("/hello")), Ok("hello"));
  EXPECT_EQ(record_.Count("full"), 1u) << "the source was asked for more than fits";
  EXPECT_LT(ResidentBytes(), before + (16u << 20));

  const std::string head = slow.ReadUntil("\r\n\r\n");
  EXPECT_EQ(head, "HTTP/1.1 200 \r\nContent-Length: 200000000\r\n\r\n");
  uint64_t total = 0;
  size_t most = 0;
  while (total < 200'000'000) {
    const uint64_t got = slow.Skip(1'000'000);
    ASSERT_EQ(got, 1'000'000u);
    total += got;
    if (total % 20'000'000 == 0) {
      most = std::max(most, ResidentBytes());
      ASSERT_EQ(neighbour.Ask(Get("/hello")), Ok("hello"));
    }
  }
  EXPECT_EQ(total, 200'000'000u);
  EXPECT_LT(most, before + (24u << 20));
  EXPECT_TRUE(record_.Wait("drained", 2));
  EXPECT_EQ(slow.Ask(Get("/hello")), Ok("hello"));
}

// The client reads in steps, so that it is behind each time whatever the sockets' buffers hold.
TEST_F(FlowTest, SmallWatermarksAreKept) {
  limits_.buffer_high_bytes = 50'000;
  limits_.buffer_low_bytes = 1'000;
  Serve();
  RawClient client(port(), 8192);
  client.Send(Get("/big?200000000"));
  const size_t head = client.ReadUntil("\r\n\r\n").size();
  EXPECT_EQ(head, 44u);
  uint64_t taken = 0;
  for (size_t round = 1; round <= 3; ++round) {
    ASSERT_TRUE(record_.Wait("full", round)) << record_.Text();
    while (record_.Count("drained") < round) {
      ASSERT_LT(taken, 150'000'000u) << "never asked for more: " << record_.Text();
      ASSERT_EQ(client.Skip(100'000), 100'000u);
      taken += 100'000;
    }
  }
  EXPECT_EQ(client.Skip(200'000'000 - taken), 200'000'000 - taken);
  EXPECT_TRUE(record_.Wait("ended"));
}

TEST_F(FlowTest, AnUploadStopsWhenTheExchangeIsFull) {
  Serve();
  RawClient neighbour(port());
  RawClient client(port());
  client.Send("POST /full HTTP/1.1\r\nHost: h\r\nContent-Length: 8000000\r\n\r\nfirst");
  ASSERT_TRUE(record_.Wait("body 5"));
  const size_t before = ResidentBytes();
  const size_t sent = client.SendUntilFull(std::string(65536, 'x'));
  EXPECT_LT(sent, 7'990'000u) << "taken without end";
  EXPECT_LT(ResidentBytes(), before + (16u << 20));
  for (int i = 0; i < 50; ++i) ASSERT_EQ(neighbour.Ask(Get("/hello")), Ok("hello"));
  EXPECT_EQ(record_.Count("end"), 0u);
  EXPECT_EQ(record_.Count("body 65536") + record_.Count("body 5"), 1u) << record_.Text();
}

TEST_F(FlowTest, AResumedUploadArrivesWhole) {
  Serve();
  RawClient client(port());
  client.Send("POST /full HTTP/1.1\r\nHost: h\r\nContent-Length: 3000005\r\n\r\nfirst");
  ASSERT_TRUE(record_.Wait("body 5"));
  OnWorker([](ScriptedHandler& handler) { handler.last().Resume(); });
  const std::string rest(3'000'000, 'y');
  client.Send(rest);
  EXPECT_TRUE(client.ReadAnswer() == Ok("first" + rest));
}

TEST_F(FlowTest, AFastUploaderLeavesRoomForOthers) {
  Serve();
  RawClient neighbour(port());
  RawClient client(port());
  client.Send("POST /drop HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n");
  const std::string piece(1'000'000, 'z');
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(client.Send(piece));
    if (i % 10 != 0) continue;
    ASSERT_EQ(neighbour.Ask(Get("/hello")), Ok("hello"));
  }
  EXPECT_EQ(client.ReadAnswer(), Ok("dropped"));
}

TEST_F(FlowTest, APipelinerThatDoesNotReadIsNotServedOn) {
  limits_.buffer_high_bytes = 64 * 1024;
  Serve();
  RawClient client(port(), 8192);
  std::string requests;
  for (int i = 0; i < 200; ++i) requests += Get("/big?4000000");
  client.Send(requests);
  ASSERT_TRUE(record_.Wait("full"));
  EXPECT_LT(record_.Count("request GET /big?4000000"), 3u);
}

}  // namespace
}  // namespace sluice::edge
