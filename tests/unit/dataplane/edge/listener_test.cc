// Starting, stopping, draining and being full.
#include "dataplane/edge/listener.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "tests/unit/dataplane/edge/listener_fixture.h"

namespace sluice::edge {
namespace {

TEST_F(ListenerTest, AnAddressThatIsTakenIsSaid) {
  Serve();
  ListenerOptions again = options_;
  again.address.port = port();
  const auto second = Listener::Start(again);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().message(),
            "cannot listen on 127.0.0.1:" + std::to_string(port()) + ": Address already in use");
  RawClient client(port());
  EXPECT_EQ(client.Ask(Get("/hello")), Ok("hello"));
}

TEST_F(ListenerTest, ThoseThatSayTheyShareAPortAllGetClients) {
  options_.reuse_port = true;
  Serve();
  ListenerOptions again = options_;
  again.address.port = port();
  const auto second = Listener::Start(again);
  ASSERT_TRUE(second.ok()) << second.status();
  // The system chooses by a hash of the client's port: that all of these fall to one is as good as
  // impossible.
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 64; ++i) {
    clients.push_back(std::make_unique<RawClient>(port()));
    EXPECT_EQ(clients.back()->Ask(Get("/hello")), Ok("hello"));
  }
  EXPECT_GT((*second)->connections(), 0u);
  EXPECT_LT((*second)->connections(), 64u);

  again.reuse_port = false;
  EXPECT_FALSE(Listener::Start(again).ok()) << "one that does not say so gets no share";
}

TEST_F(ListenerTest, BadAddressesAndWorkerCountsAreSaid) {
  ListenerOptions options;
  options.make_handler = [this](event::Loop& loop) {
    return std::make_unique<ScriptedHandler>(loop, record_, limits_);
  };
  options.address = {"203.0.113.1", 0};
  const auto elsewhere = Listener::Start(options);
  ASSERT_FALSE(elsewhere.ok());
  EXPECT_NE(elsewhere.status().message().find("cannot listen on 203.0.113.1:0: "),
            absl::string_view::npos)
      << elsewhere.status();
  options.workers = 0;
  EXPECT_FALSE(Listener::Start(options).ok());
  options.workers = 100'000;
  EXPECT_FALSE(Listener::Start(options).ok());
}

TEST_F(ListenerTest, AHandlerThatCannotBeMadeIsSaid) {
  ListenerOptions options;
  options.address = {"127.0.0.1", 0};
  options.workers = 2;
  options.make_handler = [](event::Loop&) { return nullptr; };
  const auto listener = Listener::Start(options);
  ASSERT_FALSE(listener.ok());
  EXPECT_NE(listener.status().message().find("handler"), absl::string_view::npos);
}

TEST_F(ListenerTest, ServesIpv6) {
  Serve();
  ListenerOptions options = options_;
  options.address = {"::1", 0};
  const auto listener = Listener::Start(options);
  if (!listener.ok()) GTEST_SKIP() << "no IPv6 here: " << listener.status();
  const int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons((*listener)->port());
  address.sin6_addr = in6addr_loopback;
  EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  const std::string request = Get("/hello", "Connection: close\r\n");
  EXPECT_EQ(send(fd, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
  std::string answer;
  char bytes[4096];
  for (ssize_t n; (n = recv(fd, bytes, sizeof(bytes), 0)) > 0;) {
    answer.append(bytes, static_cast<size_t>(n));
  }
  close(fd);
  EXPECT_EQ(answer, Ok("hello", "Connection: close\r\n"));
}

TEST_F(ListenerTest, StoppingTellsExchangesAndEndsHandlersOnTheirThreads) {
  options_.workers = 2;
  Serve();
  EXPECT_EQ(record_.Count("handler made"), 2u);
  RawClient held(port()), streaming(port()), idle(port()), old(port());
  held.Send(Get("/hold"));
  streaming.Send(Get("/head"));
  old.Send("GET /until-close HTTP/1.0\r\n\r\n");
  EXPECT_EQ(idle.Ask(Get("/hello")), Ok("hello"));
  old.ReadUntil("piece");
  streaming.ReadUntil("piece");
  ASSERT_TRUE(record_.Wait("request GET /hold"));
  listener_.reset();
  EXPECT_EQ(record_.Count("gone shutdown"), 3u);
  EXPECT_EQ(record_.Count("ended"), 4u);
  EXPECT_EQ(record_.Count("handler ended"), 2u) << record_.Text();
  EXPECT_EQ(held.ReadToEnd(), "");
  EXPECT_EQ(idle.ReadToEnd(), "");
  EXPECT_EQ(streaming.ReadToEnd(), "\r\n") << "no last chunk";
  old.ReadToEnd();
  EXPECT_TRUE(old.reset());
}

TEST_F(ListenerTest, DrainingClosesWhatIsIdleAndFinishesTheRest) {
  Serve();
  RawClient idle(port()), busy(port()), reading(port());
  EXPECT_EQ(idle.Ask(Get("/hello")), Ok("hello"));
  busy.Send(Get("/head"));
  busy.ReadUntil("piece\r\n");
  reading.Send("GET /hello HTTP/1.1\r\n");
  OnWorker([](ScriptedHandler&) {});
  listener_->BeginDrain();
  EXPECT_EQ(idle.ReadToEnd(), "");
  EXPECT_FALSE(idle.reset());
  reading.Send("Host: h\r\n\r\n");
  EXPECT_EQ(reading.ReadToEnd(), Ok("hello", "Connection: close\r\n"));
  OnWorker([](ScriptedHandler& handler) { (void)handler; });
  RawClient late(port());
  late.Send(Get("/hello"));
  EXPECT_EQ(late.ReadToEnd(), Ok("hello", "Connection: close\r\n"));
}

TEST_F(ListenerTest, AnAnswerBegunBeforeTheDrainEndsItsConnection) {
  Serve();
  RawClient busy(port());
  busy.Send(Get("/head"));
  busy.ReadUntil("piece\r\n");
  listener_->BeginDrain();
  OnWorker([](ScriptedHandler& handler) { handler.last().sink().Finish(); });
  EXPECT_EQ(busy.ReadToEnd(), "0\r\n\r\n");
}

TEST_F(ListenerTest, ClosingAfterAnswersLeavesWhatIsIdleUntilItsNextAnswer) {
  Serve();
  RawClient idle(port()), busy(port()), back(port());
  EXPECT_EQ(idle.Ask(Get("/hello")), Ok("hello"));
  EXPECT_EQ(back.Ask(Get("/hello")), Ok("hello"));
  busy.Send(Get("/head"));
  busy.ReadUntil("piece\r\n");
  listener_->CloseAfterAnswers(true);
  OnWorker([](ScriptedHandler& handler) { handler.last().sink().Finish(); });
  EXPECT_NE(busy.ReadUntil("0\r\n\r\n"), "") << "what was under way goes on";
  idle.Send(Get("/hello"));
  EXPECT_EQ(idle.ReadToEnd(), Ok("hello", "Connection: close\r\n"));
  listener_->CloseAfterAnswers(false);
  EXPECT_EQ(back.Ask(Get("/hello")), Ok("hello"));
  EXPECT_EQ(busy.Ask(Get("/hello")), Ok("hello")) << "its answer had promised so";
}

TEST_F(ListenerTest, TooManyConnectionsAreRefusedAndThoseThereAreServed) {
  options_.max_connections = 3;
  Serve();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<RawClient>(port()));
    ASSERT_EQ(clients.back()->Ask(Get("/hello")), Ok("hello"));
  }
  for (int i = 0; i < 5; ++i) {
    RawClient refused(port());
    refused.Send(Get("/hello"));
    const std::string answer = refused.ReadToEnd();
    EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 503");
    EXPECT_NE(answer.find("\"code\":\"overloaded\""), std::string::npos);
    EXPECT_NE(answer.find("Retry-After: 1\r\n"), std::string::npos);
    EXPECT_FALSE(refused.reset());
    for (auto& client : clients) ASSERT_EQ(client->Ask(Get("/hello")), Ok("hello"));
  }
  EXPECT_EQ(listener_->connections(), 3u);
  EXPECT_TRUE(record_.Wait("rejected overloaded", 5));
  clients.pop_back();
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  while (listener_->connections() > 2 && absl::Now() < deadline) OnWorker([](ScriptedHandler&) {});
  RawClient next(port());
  EXPECT_EQ(next.Ask(Get("/hello")), Ok("hello"));
}

TEST_F(ListenerTest, AFloodOfRefusedClientsIsBounded) {
  options_.max_connections = 1;
  Serve();
  RawClient served(port());
  ASSERT_EQ(served.Ask(Get("/hello")), Ok("hello"));
  // Clients that are told, and neither read nor leave.
  std::vector<std::unique_ptr<RawClient>> flood;
  for (int i = 0; i < 300; ++i) flood.push_back(std::make_unique<RawClient>(port()));
  EXPECT_EQ(served.Ask(Get("/hello")), Ok("hello"));
  for (auto& client : flood) client->ReadToEnd();
  EXPECT_LE(record_.Count("rejected overloaded"), 300u);
  EXPECT_EQ(served.Ask(Get("/hello")), Ok("hello"));
  EXPECT_EQ(listener_->connections(), 1u);
}

TEST_F(ListenerTest, WorkersShareTheConnections) {
  options_.workers = 2;
  Serve();
  // An fd of ours between two clients: all clients of one parity, as upstream sockets would make
  // them.
  std::vector<std::unique_ptr<RawClient>> clients;
  std::vector<int> between;
  for (int i = 0; i < 40; ++i) {
    clients.push_back(std::make_unique<RawClient>(port()));
    ASSERT_EQ(clients.back()->Ask(Get("/hello")), Ok("hello"));
    between.push_back(dup(0));
  }
  for (auto& client : clients) ASSERT_EQ(client->Ask(Get("/hello")), Ok("hello"));
  EXPECT_EQ(listener_->connections(), 40u);
  for (int fd : between) close(fd);
  absl::MutexLock lock(&mutex_);
  EXPECT_EQ(handlers_.size(), 2u);
  for (ScriptedHandler* handler : handlers_) EXPECT_GT(handler->requests(), 20u);
}

}  // namespace
}  // namespace sluice::edge
