// What a client sees of requests and answers on one connection.
#include <gtest/gtest.h>

#include "tests/unit/dataplane/edge/listener_fixture.h"

namespace sluice::edge {
namespace {

class ServingTest : public ListenerTest {
 protected:
  void SetUp() override { Serve(); }
};

TEST_F(ServingTest, OneConnectionServesManyRequests) {
  RawClient client(port());
  for (int i = 0; i < 50; ++i) EXPECT_EQ(client.Ask(Get("/hello")), Ok("hello"));
  EXPECT_EQ(client.Ask(Post("/echo", "the body")), Ok("the body"));
  EXPECT_EQ(client.Ask(Get("/later")), Ok("later /later"));
  EXPECT_TRUE(record_.Wait("ended", 52));
  EXPECT_EQ(listener_->connections(), 1u);
}

TEST_F(ServingTest, PipelinedRequestsAreAnsweredInOrder) {
  RawClient client(port());
  std::string requests, answers;
  for (int i = 0; i < 40; ++i) {
    const std::string n = std::to_string(i);
    requests += Get("/later" + n) + Get("/hello") + Post("/echo", "body " + n);
    answers += Ok("later /later" + n) + Ok("hello") + Ok("body " + n);
  }
  client.Send(requests);
  EXPECT_EQ(client.ReadExactly(answers.size()), answers);
}

TEST_F(ServingTest, ARequestMayArriveInSingleBytes) {
  RawClient client(port());
  const std::string request =
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  for (char c : request) client.Send(std::string_view(&c, 1));
  EXPECT_EQ(client.ReadAnswer(), Ok("abcde"));
}

TEST_F(ServingTest, ChunksGoOutOneForEachPiece) {
  RawClient client(port());
  client.Send(Get("/chunks"));
  EXPECT_EQ(client.ReadUntil("0\r\n\r\n"),
            "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n"
            "1\r\na\r\n2\r\nbc\r\n10\r\ndddddddddddddddd\r\n0\r\n\r\n");
  EXPECT_EQ(client.Ask(Get("/hello")), Ok("hello"));
}

TEST_F(ServingTest, TheConnectionEndsWhenTheClientWantsIt) {
  RawClient client(port());
  client.Send(Get("/hello", "Connection: close\r\n"));
  EXPECT_EQ(client.ReadToEnd(), Ok("hello", "Connection: close\r\n"));
  EXPECT_FALSE(client.reset());
}

TEST_F(ServingTest, Http10) {
  RawClient closes(port());
  closes.Send("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_EQ(closes.ReadToEnd(), Ok("hello", "Connection: close\r\n"));

  RawClient stays(port());
  const std::string request = "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(stays.Ask(request), Ok("hello", "Connection: keep-alive\r\n"));
  }

  // A body without a length ends with the connection, whatever the client asked for.
  RawClient chunks(port());
  chunks.Send("GET /chunks HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(chunks.ReadToEnd(), "HTTP/1.1 200 \r\nConnection: close\r\n\r\nabcdddddddddddddddd");
  EXPECT_FALSE(chunks.reset());
}

TEST_F(ServingTest, AnswersWithoutBody) {
  RawClient client(port());
  client.Send("HEAD /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(client.ReadUntil("\r\n\r\n"), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  client.Send("HEAD /chunks HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(client.ReadUntil("\r\n\r\n"), "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n");
  client.Send(Get("/204"));
  EXPECT_EQ(client.ReadUntil("\r\n\r\n"), "HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(client.Ask(Get("/hello")), Ok("hello")) << "no stray byte before this";
}

TEST_F(ServingTest, ContinueOnlyWhenTheExchangeAsksForTheBody) {
  RawClient client(port());
  const std::string head =
      "POST /continue HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";
  client.Send(head);
  EXPECT_EQ(client.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("body");
  EXPECT_EQ(client.ReadAnswer(), Ok("body"));

  // The same script, but nobody waits.
  EXPECT_EQ(client.Ask(Post("/continue", "body")), Ok("body"));

  client.Send(
      "POST /refuse HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.ReadToEnd(),
            "HTTP/1.1 413 Content Too Large\r\nContent-Length: 7\r\nConnection: close\r\n\r\n"
            "refused");
}

TEST_F(ServingTest, ABodyThatLiesHereIsSkippedAndTheConnectionStays) {
  RawClient client(port());
  const std::string refused = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 7\r\n\r\nrefused";
  client.Send(Post("/refuse", "GET /hello HTTP/1.1\r\nHost: smuggled\r\n\r\n") + Get("/hello"));
  EXPECT_EQ(client.ReadExactly(refused.size()), refused);
  EXPECT_EQ(client.ReadAnswer(), Ok("hello"));
  EXPECT_EQ(record_.Count("request GET /hello"), 1u);
}

TEST_F(ServingTest, AnEarlyAnswerIsReadableWhileTheClientStillSends) {
  RawClient client(port());
  client.Send("POST /refuse HTTP/1.1\r\nHost: h\r\nContent-Length: 4000000\r\n\r\n");
  // Twice what the sockets between us hold: the rest is thrown away, not answered with a reset.
  for (int i = 0; i < 40; ++i) client.Send(std::string(100'000, 'x'));
  EXPECT_EQ(client.ReadToEnd(),
            "HTTP/1.1 413 Content Too Large\r\nContent-Length: 7\r\nConnection: close\r\n\r\n"
            "refused");
  EXPECT_FALSE(client.reset());
}

TEST_F(ServingTest, MalformedRequestsAreAnsweredAndClosed) {
  RawClient client(port());
  client.Send(Get("/hello") + "GET / HTTP/1.1\r\nHost: h\r\nBad Name: x\r\n\r\n" + Get("/hello"));
  EXPECT_EQ(client.ReadAnswer(), Ok("hello"));
  const std::string rest = client.ReadToEnd();
  EXPECT_EQ(rest.substr(0, 84),
            "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n"
            "X-Sluice-Request-Id: gener");
  EXPECT_NE(rest.find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_NE(rest.find("\"param\":null,\"code\":\"malformed_request\"}}"), std::string::npos);
  EXPECT_FALSE(client.reset());
  EXPECT_TRUE(record_.Wait("rejected malformed_request"));
  EXPECT_EQ(record_.Count("request GET /hello"), 1u) << "nothing after the bad one was read";
}

TEST_F(ServingTest, HeadersTooLarge) {
  RawClient line(port());
  line.Send("GET /" + std::string(17'000, 'a'));
  EXPECT_EQ(line.ReadToEnd().substr(0, 12), "HTTP/1.1 431");
  RawClient fields(port());
  fields.Send(Get("/", std::string(70'000, 'a')));
  EXPECT_EQ(fields.ReadToEnd().substr(0, 12), "HTTP/1.1 431");
  EXPECT_TRUE(record_.Wait("rejected headers_too_large", 2));
}

TEST_F(ServingTest, ABadBodyIsToldToTheExchange) {
  RawClient client(port());
  client.Send(
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n");
  const std::string answer = client.ReadToEnd();
  EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 400");
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  EXPECT_TRUE(record_.Wait("failed malformed_request"));
  EXPECT_TRUE(record_.Wait("ended"));
  EXPECT_EQ(record_.Count("gone left"), 0u);
}

TEST_F(ServingTest, AHeadThatCannotBeWrittenSafelyEndsTheConnection) {
  RawClient client(port());
  client.Send(Get("/unsafe"));
  EXPECT_EQ(client.ReadToEnd(), "");
  EXPECT_TRUE(record_.Wait("ended"));
}

TEST_F(ServingTest, MoreBodyThanPromisedEndsTheConnection) {
  RawClient client(port());
  client.Send(Get("/overrun") + Get("/hello"));
  EXPECT_EQ(client.ReadToEnd(), "HTTP/1.1 200 \r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(record_.Count("request GET /hello"), 0u);
  EXPECT_TRUE(record_.Wait("ended"));
}

TEST_F(ServingTest, AnExceptionEndsItsConnectionAndNoOther) {
  RawClient other(port());
  EXPECT_EQ(other.Ask(Get("/hello")), Ok("hello"));
  RawClient client(port());
  client.Send(Get("/throw"));
  EXPECT_EQ(client.ReadToEnd(), "");
  EXPECT_EQ(other.Ask(Get("/hello")), Ok("hello"));
}

TEST_F(ServingTest, NobodySeesABytesOfAnother) {
  // Connections come and go all the time, so fd numbers are used again and again.
  std::vector<std::unique_ptr<RawClient>> clients(12);
  for (int i = 0; i < 1500; ++i) {
    auto& client = clients[static_cast<size_t>(i) % clients.size()];
    if (client == nullptr || i % 3 == 0) client = std::make_unique<RawClient>(port());
    const std::string body = "body of request " + std::to_string(i);
    if (i % 7 == 0) {
      client->Send(Get("/later"));
      client.reset();
      continue;
    }
    ASSERT_EQ(client->Ask(Post("/echo", body)), Ok(body));
  }
}

}  // namespace
}  // namespace sluice::edge
