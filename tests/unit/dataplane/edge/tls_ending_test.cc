// How connections with TLS end: with a goodbye behind a whole answer, without one behind a part;
// and clients that leave.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/dataplane/edge/tls_fixture.h"

namespace sluice::edge {
namespace {

using End = TlsClient::End;
using std::chrono::milliseconds;
using ::testing::StartsWith;

enum class Way { kClose, kGoodbye, kHalfClose, kReset };

class TlsDepartureTest : public TlsListenerTest, public testing::WithParamInterface<Way> {
 protected:
  void SetUp() override { ServeTls(); }
  void Leave(TlsClient& client) {
    switch (GetParam()) {
      case Way::kClose:
        return client.raw().Close();
      case Way::kGoodbye:
        return client.SayGoodbye();
      case Way::kHalfClose:
        return client.raw().ShutdownWrite();
      case Way::kReset:
        return client.raw().Reset();
    }
  }
  void ExpectGone() {
    EXPECT_TRUE(record_.Wait("gone left")) << record_.Text();
    EXPECT_TRUE(record_.Wait("ended")) << record_.Text();
    EXPECT_TRUE(WaitForNoConnections());
    EXPECT_EQ(record_.Count("gone left"), 1u);
  }
};

INSTANTIATE_TEST_SUITE_P(Ways, TlsDepartureTest,
                         testing::Values(Way::kClose, Way::kGoodbye, Way::kHalfClose, Way::kReset),
                         [](const testing::TestParamInfo<Way>& info) {
                           return info.param == Way::kClose       ? "Close"
                                  : info.param == Way::kGoodbye   ? "Goodbye"
                                  : info.param == Way::kHalfClose ? "HalfClose"
                                                                  : "Reset";
                         });

TEST_P(TlsDepartureTest, BeforeTheAnswer) {
  auto client = Connect();
  client->Send(Get("/hold"));
  ASSERT_TRUE(record_.Wait("end"));
  Leave(*client);
  ExpectGone();
}

TEST_P(TlsDepartureTest, WhileTheBodyIsRead) {
  auto client = Connect();
  client->Send("POST /hold HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nfirst");
  ASSERT_TRUE(record_.Wait("body 5"));
  Leave(*client);
  ExpectGone();
}

TEST_P(TlsDepartureTest, AfterTheFirstBytesOfTheAnswer) {
  auto client = Connect();
  client->Send(Get("/head"));
  EXPECT_NE(client->ReadUntil("piece\r\n"), "");
  Leave(*client);
  ExpectGone();
}

TEST_P(TlsDepartureTest, WhileTheAnswerWaitsForTheClient) {
  TlsClientOptions options = Trusting();
  options.receive_buffer = 8192;
  auto client = Connect(options);
  client->Send(Get("/big?200000000"));
  ASSERT_TRUE(record_.Wait("full"));
  Leave(*client);
  ExpectGone();
}

TEST_P(TlsDepartureTest, BetweenRequestsIsNoLoss) {
  auto client = Connect();
  EXPECT_EQ(client->Ask(Get("/hello")), Ok("hello"));
  Leave(*client);
  EXPECT_TRUE(WaitForNoConnections());
  EXPECT_EQ(record_.Count("gone left"), 0u);
}

class TlsEndingTest : public TlsListenerTest {
 protected:
  void SetUp() override { ServeTls(); }
  void Abort() {
    OnWorker([](ScriptedHandler& handler) { handler.last().Abort(); });
  }
};

TEST_F(TlsEndingTest, AWholeAnswerThatEndsTheConnectionEndsWithAGoodbye) {
  auto client = Connect();
  client->Send(Get("/hello", "Connection: close\r\n"));
  EXPECT_EQ(client->ReadToEnd(), Ok("hello", "Connection: close\r\n"));
  EXPECT_EQ(client->end(), End::kGoodbye);
}

TEST_F(TlsEndingTest, AnAbortedChunkedAnswerHasNoGoodbye) {
  auto client = Connect();
  client->Send(Get("/head"));
  client->ReadUntil("5\r\npiece\r\n");
  Abort();
  EXPECT_EQ(client->ReadToEnd(), "");
  EXPECT_EQ(client->end(), End::kTorn);
}

TEST_F(TlsEndingTest, AnAbortedAnswerWithALengthHasNoGoodbye) {
  auto client = Connect();
  client->Send(Get("/sized"));
  client->ReadUntil("\r\n\r\n12345");
  Abort();
  EXPECT_EQ(client->ReadToEnd(), "");
  EXPECT_EQ(client->end(), End::kTorn);
}

TEST_F(TlsEndingTest, AnAbortedAnswerThatEndsWithTheConnectionHasNoGoodbye) {
  auto client = Connect();
  client->Send("GET /until-close HTTP/1.0\r\n\r\n");
  client->ReadUntil("\r\n\r\npiece");
  Abort();
  EXPECT_EQ(client->ReadToEnd(), "");
  EXPECT_EQ(client->end(), End::kReset);
}

TEST_F(TlsEndingTest, AWholeAnswerThatEndsWithTheConnectionHasOne) {
  auto client = Connect();
  client->Send("GET /until-close HTTP/1.0\r\n\r\n");
  client->ReadUntil("\r\n\r\npiece");
  OnWorker([](ScriptedHandler& handler) { handler.last().sink().Finish(); });
  EXPECT_EQ(client->ReadToEnd(), "");
  EXPECT_EQ(client->end(), End::kGoodbye);
}

TEST_F(TlsEndingTest, AnAnswerThatOverrunsItsLengthHasNoGoodbye) {
  auto client = Connect();
  client->Send(Get("/overrun"));
  client->ReadToEnd();
  EXPECT_EQ(client->end(), End::kTorn);
}

TEST_F(TlsEndingTest, WhatTheEndOfTheListenerCutsHasNoGoodbye) {
  auto whole = Connect();
  EXPECT_EQ(whole->Ask(Get("/hello")), Ok("hello"));
  auto cut = Connect();
  cut->Send(Get("/head"));
  cut->ReadUntil("piece\r\n");
  listener_.reset();
  EXPECT_EQ(cut->ReadToEnd(), "");
  EXPECT_NE(cut->end(), End::kGoodbye);
  EXPECT_EQ(whole->ReadToEnd(), "");
  EXPECT_EQ(whole->end(), End::kGoodbye);
}

TEST_F(TlsEndingTest, AMalformedRequestIsToldAndThenGoodbye) {
  auto client = Connect();
  client->Send("nonsense\r\n\r\n");
  EXPECT_THAT(client->ReadToEnd(), StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(client->end(), End::kGoodbye);
}

TEST_F(TlsEndingTest, ARefusalReachesAClientThatIsStillSending) {
  auto client = Connect();
  client->Send("POST /refuse HTTP/1.1\r\nHost: h\r\nContent-Length: 2000000\r\n\r\n");
  // The server has closed its side before, and throws away what comes.
  client->Send(std::string(2'000'000, 'x'));
  EXPECT_THAT(client->ReadToEnd(), StartsWith("HTTP/1.1 413 "));
  EXPECT_EQ(client->end(), End::kGoodbye);
}

class TlsIdleTest : public TlsListenerTest {};

TEST_F(TlsIdleTest, AnIdleConnectionIsClosedWithAGoodbye) {
  limits_.keep_alive_timeout = milliseconds(100);
  ServeTls();
  auto client = Connect();
  EXPECT_EQ(client->Ask(Get("/hello")), Ok("hello"));
  EXPECT_EQ(client->ReadToEnd(), "");
  EXPECT_EQ(client->end(), End::kGoodbye);
}

}  // namespace
}  // namespace sluice::edge
