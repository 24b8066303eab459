// Clients that are too slow, with short limits.
#include <gtest/gtest.h>

#include "tests/unit/dataplane/edge/listener_fixture.h"

namespace sluice::edge {
namespace {

using std::chrono::milliseconds;

class DeadlineTest : public ListenerTest {
 protected:
  DeadlineTest() {
    // Long, unless the test is about it.
    limits_.header_timeout = limits_.body_idle_timeout = limits_.keep_alive_timeout =
        limits_.write_stall_timeout = milliseconds(60'000);
  }
};

TEST_F(DeadlineTest, AHeadThatDoesNotEnd) {
  limits_.header_timeout = milliseconds(100);
  Serve();
  RawClient client(port());
  client.Send("GET / HTTP/1.1\r\n");
  const std::string answer = client.ReadToEnd();
  EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 408");
  EXPECT_NE(answer.find("\"code\":\"request_timeout\""), std::string::npos);
  EXPECT_TRUE(record_.Wait("rejected request_timeout"));
}

TEST_F(DeadlineTest, AHeadThatDripsIsNotGivenMoreTime) {
  limits_.header_timeout = milliseconds(150);
  Serve();
  RawClient client(port());
  client.Send("GET / HTTP/1.1\r\n");
  bool open = true;
  // Far longer than the limit, if each byte pushed it back.
  for (int i = 0; i < 10'000 && open; ++i) {
    open = client.Send("a") && record_.Count("rejected request_timeout") == 0;
    OnWorker([](ScriptedHandler&) {});
  }
  EXPECT_TRUE(record_.Wait("rejected request_timeout"));
}

TEST_F(DeadlineTest, AnIdleConnectionIsClosedWithoutAWord) {
  limits_.keep_alive_timeout = milliseconds(100);
  Serve();
  RawClient fresh(port());
  EXPECT_EQ(fresh.ReadToEnd(), "");
  RawClient used(port());
  EXPECT_EQ(used.Ask(Get("/hello")), Ok("hello"));
  EXPECT_EQ(used.ReadToEnd(), "");
  EXPECT_FALSE(used.reset());
  EXPECT_TRUE(WaitForNoConnections());
}

TEST_F(DeadlineTest, ABodyThatStops) {
  limits_.body_idle_timeout = milliseconds(100);
  Serve();
  RawClient client(port());
  client.Send("POST /hold HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nfirst");
  EXPECT_EQ(client.ReadToEnd().substr(0, 12), "HTTP/1.1 408");
  EXPECT_TRUE(record_.Wait("failed request_timeout"));
  EXPECT_TRUE(record_.Wait("ended"));
}

TEST_F(DeadlineTest, ABodyWeDoNotWaitForHasNoDeadline) {
  limits_.body_idle_timeout = milliseconds(50);
  Serve();
  // Paused by the exchange.
  RawClient paused(port());
  paused.Send("POST /full HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nfirst");
  ASSERT_TRUE(record_.Wait("body 5"));
  // The client waits for our 100.
  RawClient expects(port());
  expects.Send(
      "POST /hold HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n");
  // The deadline of a third client, set after theirs, has passed.
  RawClient slow(port());
  slow.Send("POST /hold HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n");
  EXPECT_TRUE(record_.Wait("failed request_timeout"));
  EXPECT_EQ(slow.ReadToEnd().substr(0, 12), "HTTP/1.1 408");
  EXPECT_EQ(record_.Count("failed request_timeout"), 1u);
}

TEST_F(DeadlineTest, AResumedBodyHasAFreshDeadline) {
  limits_.body_idle_timeout = milliseconds(200);
  Serve();
  RawClient client(port());
  client.Send("POST /full HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nfirst");
  ASSERT_TRUE(record_.Wait("body 5"));
  OnWorker([](ScriptedHandler& handler) { handler.last().Resume(); });
  EXPECT_TRUE(record_.Wait("failed request_timeout"));
}

TEST_F(DeadlineTest, AClientThatTakesNothing) {
  limits_.write_stall_timeout = milliseconds(150);
  Serve();
  RawClient client(port(), 8192);
  client.Send(Get("/big?200000000"));
  EXPECT_TRUE(record_.Wait("gone stalled"));
  EXPECT_TRUE(record_.Wait("ended"));
  EXPECT_TRUE(WaitForNoConnections());
}

TEST_F(DeadlineTest, ASlowReaderIsNotAStalledOne) {
  limits_.write_stall_timeout = milliseconds(400);
  Serve();
  RawClient client(port(), 65536);
  client.Send(Get("/big?12000000"));
  // Reads on for several times the limit, but never rests for long.
  const absl::Time start = absl::Now();
  uint64_t total = 0;
  while (absl::Now() - start < absl::Milliseconds(1500)) {
    total += client.ReadExactly(4096).size();
    ASSERT_EQ(record_.Count("gone stalled"), 0u);
    pollfd none{-1, 0, 0};
    poll(&none, 1, 5);
  }
  EXPECT_EQ(client.Skip(12'000'000 + 43 - total), 12'000'000 + 43 - total);
}

}  // namespace
}  // namespace sluice::edge
