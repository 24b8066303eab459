// Bytes through TLS: what OpenSSL holds back or reads ahead must neither stall nor pile up.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/dataplane/edge/tls_fixture.h"

namespace sluice::edge {
namespace {

using std::chrono::milliseconds;

size_t ResidentBytes() {
  size_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

class TlsServingTest : public TlsListenerTest {};

TEST_F(TlsServingTest, RecordsOfOneByteInOneSegment) {
  ServeTls();
  auto client = Connect();
  const std::string body(5000, 'x');
  for (const char byte : Post("/echo", body)) client->Encrypt({&byte, 1});
  EXPECT_EQ(client->Ask(""), Ok(body));
}

TEST_F(TlsServingTest, ABodyAsLongAsTheBufferOfAReadAndOneByteLessAndMore) {
  ServeTls();
  auto client = Connect();
  for (const size_t around : {16384u, 65536u, 131072u}) {
    for (const size_t size : {around - 1, around, around + 1}) {
      const std::string request = Post("/echo", std::string(size, 'y'));
      EXPECT_EQ(client->Ask(request).size(), Ok(std::string(size, 'y')).size());
      // The request as a whole, of that size.
      const std::string whole = Post("/drop", std::string(size - 100, 'z'));
      EXPECT_EQ(client->Ask(whole), Ok("dropped"));
    }
  }
}

TEST_F(TlsServingTest, PipelinedRequestsInOneRecordAreAllAnswered) {
  ServeTls();
  auto client = Connect();
  client->Send(Get("/hello") + Post("/echo", "a") + Get("/later") + Get("/hello"));
  EXPECT_EQ(client->ReadAnswer(), Ok("hello"));
  EXPECT_EQ(client->ReadAnswer(), Ok("a"));
  EXPECT_EQ(client->ReadAnswer(), Ok("later /later"));
  EXPECT_EQ(client->ReadAnswer(), Ok("hello"));
}

TEST_F(TlsServingTest, APieceOfAnAnswerIsOnItsWayAtOnce) {
  ServeTls();
  auto client = Connect();
  client->Send(Get("/head"));
  EXPECT_NE(client->ReadUntil("5\r\npiece\r\n"), "");
  OnWorker([](ScriptedHandler& handler) { handler.last().sink().SendBody("next"); });
  EXPECT_EQ(client->ReadUntil("4\r\nnext\r\n"), "4\r\nnext\r\n");
}

TEST_F(TlsServingTest, TheClientMayChangeItsKeysAndAskForOthers) {
  ServeTls();
  auto client = Connect(Trusting(TLS1_3_VERSION));
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(SSL_key_update(client->ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
    EXPECT_EQ(client->Ask(Get("/hello")), Ok("hello"));
  }
  client->Send(Get("/head"));
  client->ReadUntil("piece\r\n");
  // While nothing is wanted of the client.
  ASSERT_EQ(SSL_key_update(client->ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
  ASSERT_EQ(SSL_do_handshake(client->ssl()), 1);
  client->Flush();
  OnWorker([](ScriptedHandler& handler) { handler.last().sink().SendBody("next"); });
  EXPECT_EQ(client->ReadUntil("4\r\nnext\r\n"), "4\r\nnext\r\n");
}

TEST_F(TlsServingTest, ASlowClientCostsItsWatermarkAndNobodyElse) {
  ServeTls();
  auto neighbour = Connect();
  ASSERT_EQ(neighbour->Ask(Get("/hello")), Ok("hello"));
  const size_t before = ResidentBytes();
  TlsClientOptions options = Trusting();
  options.receive_buffer = 65536;
  auto slow = Connect(options);
  slow->Send(Get("/big?50000000"));
  ASSERT_TRUE(record_.Wait("full"));
  for (int i = 0; i < 100; ++i) ASSERT_EQ(neighbour->Ask(Get("/hello")), Ok("hello"));
  EXPECT_EQ(record_.Count("full"), 1u) << "the source was asked for more than fits";
  EXPECT_LT(ResidentBytes(), before + (16u << 20));
  const std::string head = slow->ReadUntil("\r\n\r\n");
  EXPECT_EQ(head, "HTTP/1.1 200 \r\nContent-Length: 50000000\r\n\r\n");
  for (uint64_t total = 0; total < 50'000'000; total += 1'000'000) {
    ASSERT_EQ(slow->Skip(1'000'000), 1'000'000u);
    if (total % 10'000'000 == 0) {
      ASSERT_EQ(neighbour->Ask(Get("/hello")), Ok("hello"));
    }
  }
  EXPECT_TRUE(record_.Wait("drained", 2));
  EXPECT_EQ(slow->Ask(Get("/hello")), Ok("hello"));
}

TEST_F(TlsServingTest, AnUploadStopsWhenTheExchangeIsFullAndArrivesWholeWhenItGoesOn) {
  ServeTls();
  auto neighbour = Connect();
  auto client = Connect();
  client->Send("POST /full HTTP/1.1\r\nHost: h\r\nContent-Length: 20000005\r\n\r\nfirst");
  ASSERT_TRUE(record_.Wait("body 5"));
  ScriptedExchange* first = nullptr;
  OnWorker([&](ScriptedHandler& handler) { first = &handler.last(); });
  const std::string rest(20'000'000, 'x');
  const size_t sent = client->SendUntilFull(rest);
  EXPECT_LT(sent, 19'000'000u) << "taken without end";
  for (int i = 0; i < 50; ++i) ASSERT_EQ(neighbour->Ask(Get("/hello")), Ok("hello"));
  OnWorker([first](ScriptedHandler&) { first->Resume(); });
  EXPECT_TRUE(client->Ask("") == Ok("first" + rest));
}

TEST_F(TlsServingTest, AFastUploaderLeavesRoomForOthers) {
  ServeTls();
  auto neighbour = Connect();
  auto client = Connect();
  client->Send("POST /drop HTTP/1.1\r\nHost: h\r\nContent-Length: 30000000\r\n\r\n");
  const std::string piece(1'000'000, 'z');
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(client->Send(piece));
    if (i % 10 == 0) {
      ASSERT_EQ(neighbour->Ask(Get("/hello")), Ok("hello"));
    }
  }
  EXPECT_EQ(client->ReadAnswer(), Ok("dropped"));
}

TEST_F(TlsServingTest, AClientThatTakesNothingIsStalled) {
  limits_.write_stall_timeout = milliseconds(150);
  ServeTls();
  TlsClientOptions options = Trusting();
  options.receive_buffer = 8192;
  auto client = Connect(options);
  client->Send(Get("/big?200000000"));
  EXPECT_TRUE(record_.Wait("gone stalled"));
  EXPECT_TRUE(record_.Wait("ended"));
  EXPECT_TRUE(WaitForNoConnections());
}

TEST_F(TlsServingTest, ASlowReaderIsNotAStalledOne) {
  limits_.write_stall_timeout = milliseconds(400);
  ServeTls();
  TlsClientOptions options = Trusting();
  options.receive_buffer = 65536;
  auto client = Connect(options);
  client->Send(Get("/big?12000000"));
  const absl::Time start = absl::Now();
  uint64_t total = 0;
  while (absl::Now() - start < absl::Milliseconds(1500)) {
    total += client->ReadExactly(4096).size();
    ASSERT_EQ(record_.Count("gone stalled"), 0u);
    pollfd none{-1, 0, 0};
    poll(&none, 1, 5);
  }
  EXPECT_EQ(client->Skip(12'000'000 + 43 - total), 12'000'000 + 43 - total);
}

}  // namespace
}  // namespace sluice::edge
