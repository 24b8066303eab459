// Clients that leave, in every phase, and answers that cannot be completed.
#include <gtest/gtest.h>

#include "tests/unit/dataplane/edge/listener_fixture.h"

namespace sluice::edge {
namespace {

enum class Way { kClose, kHalfClose, kReset };

class DepartureTest : public ListenerTest, public testing::WithParamInterface<Way> {
 protected:
  void SetUp() override { Serve(); }
  void Leave(RawClient& client) {
    switch (GetParam()) {
      case Way::kClose:
        return client.Close();
      case Way::kHalfClose:
        return client.ShutdownWrite();
      case Way::kReset:
        return client.Reset();
    }
  }
  void ExpectGone() {
    EXPECT_TRUE(record_.Wait("gone left")) << record_.Text();
    EXPECT_TRUE(record_.Wait("ended")) << record_.Text();
    EXPECT_TRUE(WaitForNoConnections());
    EXPECT_EQ(record_.Count("gone left"), 1u);
  }
};

INSTANTIATE_TEST_SUITE_P(Ways, DepartureTest,
                         testing::Values(Way::kClose, Way::kHalfClose, Way::kReset),
                         [](const testing::TestParamInfo<Way>& info) {
                           return info.param == Way::kClose       ? "Close"
                                  : info.param == Way::kHalfClose ? "HalfClose"
                                                                  : "Reset";
                         });

TEST_P(DepartureTest, BeforeTheAnswer) {
  RawClient client(port());
  client.Send(Get("/hold"));
  ASSERT_TRUE(record_.Wait("end"));
  Leave(client);
  ExpectGone();
}

TEST_P(DepartureTest, WhileTheBodyIsRead) {
  RawClient client(port());
  client.Send("POST /hold HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nfirst");
  ASSERT_TRUE(record_.Wait("body 5"));
  Leave(client);
  ExpectGone();
}

TEST_P(DepartureTest, WhileTheBodyWaitsAndTheSocketIsFull) {
  RawClient client(port());
  client.Send("POST /full HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000000\r\n\r\nfirst");
  ASSERT_TRUE(record_.Wait("body 5"));
  EXPECT_GT(client.SendUntilFull(std::string(65536, 'x')), 65536u);
  Leave(client);
  // The end of the stream cannot even be sent while the window is shut, unless as a reset. What can
  // be seen is.
  if (GetParam() == Way::kReset) return ExpectGone();
  EXPECT_EQ(record_.Count("gone left"), 0u);
  OnWorker([](ScriptedHandler& handler) { handler.last().Resume(); });
  ExpectGone();
}

TEST_P(DepartureTest, WhileUnreadBytesWait) {
  RawClient client(port());
  client.Send("POST /full HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\nfirst");
  ASSERT_TRUE(record_.Wait("body 5"));
  client.Send(std::string(20'000, 'x'));
  Leave(client);
  ExpectGone();
}

TEST_P(DepartureTest, WhilePipelinedRequestsWait) {
  RawClient client(port());
  client.Send(Get("/hold"));
  ASSERT_TRUE(record_.Wait("end"));
  client.Send(Get("/hello") + Get("/hello"));
  Leave(client);
  ExpectGone();
  EXPECT_EQ(record_.Count("request GET /hello"), 0u);
}

TEST_P(DepartureTest, AfterTheFirstBytesOfTheAnswer) {
  RawClient client(port());
  client.Send(Get("/head"));
  EXPECT_NE(client.ReadUntil("piece\r\n"), "");
  Leave(client);
  ExpectGone();
}

TEST_P(DepartureTest, WhileTheAnswerWaitsForTheClient) {
  RawClient client(port(), 8192);
  client.Send(Get("/big?200000000"));
  ASSERT_TRUE(record_.Wait("full"));
  Leave(client);
  ExpectGone();
}

TEST_P(DepartureTest, BetweenRequestsIsNoLoss) {
  RawClient client(port());
  EXPECT_EQ(client.Ask(Get("/hello")), Ok("hello"));
  Leave(client);
  EXPECT_TRUE(WaitForNoConnections());
  EXPECT_EQ(record_.Count("gone left"), 0u);
}

TEST_P(DepartureTest, InTheMiddleOfAHead) {
  RawClient client(port());
  client.Send("GET /hello HTT");
  Leave(client);
  EXPECT_TRUE(WaitForNoConnections());
  EXPECT_EQ(record_.Text(), "handler made; ");
}

class EndingTest : public ListenerTest {
 protected:
  void SetUp() override { Serve(); }
};

TEST_F(EndingTest, AHalfCloseTogetherWithTheRequestCountsAsGone) {
  RawClient client(port());
  client.Send(Get("/hold"));
  client.ShutdownWrite();
  EXPECT_TRUE(record_.Wait("gone left"));
  EXPECT_EQ(client.ReadToEnd(), "");
}

TEST_F(EndingTest, AHalfCloseAfterTheAnswerIsAnOrdinaryEnd) {
  RawClient client(port());
  EXPECT_EQ(client.Ask(Get("/hello")), Ok("hello"));
  client.ShutdownWrite();
  EXPECT_EQ(client.ReadToEnd(), "");
  EXPECT_FALSE(client.reset());
  EXPECT_EQ(record_.Count("gone left"), 0u);
}

TEST_F(EndingTest, AnAbortedChunkedAnswerHasNoLastChunk) {
  RawClient client(port());
  client.Send(Get("/head"));
  client.ReadUntil("5\r\npiece\r\n");
  OnWorker([](ScriptedHandler& handler) { handler.last().Abort(); });
  EXPECT_EQ(client.ReadToEnd(), "");
  EXPECT_TRUE(record_.Wait("ended"));
  EXPECT_EQ(record_.Count("gone left"), 0u) << "the exchange knows, it did it itself";
}

TEST_F(EndingTest, AnAbortedAnswerWithALengthFallsShort) {
  RawClient client(port());
  client.Send(Get("/sized"));
  client.ReadUntil("\r\n\r\n12345");
  OnWorker([](ScriptedHandler& handler) { handler.last().Abort(); });
  EXPECT_EQ(client.ReadToEnd(), "");
}

TEST_F(EndingTest, FinishingShortOfThePromisedLengthIsAnAbort) {
  RawClient client(port());
  client.Send(Get("/sized") + Get("/hello"));
  client.ReadUntil("\r\n\r\n12345");
  OnWorker([](ScriptedHandler& handler) { handler.last().sink().Finish(); });
  EXPECT_EQ(client.ReadToEnd(), "") << "the next answer must not stand in for the missing bytes";
  EXPECT_EQ(record_.Count("request GET /hello"), 0u);
}

TEST_F(EndingTest, AnAbortedAnswerThatEndsWithTheConnectionIsReset) {
  RawClient client(port());
  client.Send("GET /until-close HTTP/1.0\r\n\r\n");
  client.ReadUntil("\r\n\r\npiece");
  OnWorker([](ScriptedHandler& handler) { handler.last().Abort(); });
  EXPECT_EQ(client.ReadToEnd(), "");
  EXPECT_TRUE(client.reset()) << "a close would look like the end of a whole answer";
}

TEST_F(EndingTest, AbortBeforeTheHeadSendsNothing) {
  RawClient client(port());
  client.Send(Get("/hold"));
  ASSERT_TRUE(record_.Wait("end"));
  OnWorker([](ScriptedHandler& handler) { handler.last().Abort(); });
  EXPECT_EQ(client.ReadToEnd(), "");
}

}  // namespace
}  // namespace sluice::edge
