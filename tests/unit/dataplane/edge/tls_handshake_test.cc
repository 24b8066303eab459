// How connections with TLS begin, and which never do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/dataplane/edge/tls_fixture.h"

namespace sluice::edge {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class TlsHandshakeTest : public TlsListenerTest {};

class TlsVersionTest : public TlsListenerTest, public testing::WithParamInterface<int> {};

INSTANTIATE_TEST_SUITE_P(Versions, TlsVersionTest, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const testing::TestParamInfo<int>& info) {
                           return info.param == TLS1_2_VERSION ? "Tls12" : "Tls13";
                         });

TEST_P(TlsVersionTest, IsServed) {
  ServeTls();
  auto client = Connect(Trusting(GetParam()));
  EXPECT_EQ(client->Ask(Get("/hello")), Ok("hello"));
  EXPECT_EQ(client->Ask(Post("/echo", "body")), Ok("body"));
  EXPECT_EQ(Count(HandshakeEnd::kFull), 1u);
}

TEST_P(TlsVersionTest, ByteByByte) {
  ServeTls();
  TlsClientOptions options = Trusting(GetParam());
  options.piece = 1;
  auto client = Connect(options);
  EXPECT_EQ(client->Ask(Get("/hello")), Ok("hello"));
  EXPECT_EQ(client->Ask(Post("/echo", std::string(3000, 'x'))), Ok(std::string(3000, 'x')));
}

TEST_F(TlsHandshakeTest, TheFirstRequestMayComeWithTheEndOfTheHandshake) {
  ServeTls();
  TlsClient client(port(), Trusting(TLS1_3_VERSION));
  ASSERT_TRUE(client.SendWire(client.Hello()));
  while (!client.Step()) {
  }
  client.Encrypt(Get("/hello"));
  EXPECT_EQ(client.Ask(""), Ok("hello"));
}

TEST_P(TlsVersionTest, ASessionIsResumed) {
  ServeTls();
  auto first = Connect(Trusting(GetParam()));
  // With TLS 1.3 the ticket comes behind the handshake.
  EXPECT_EQ(first->Ask(Get("/hello")), Ok("hello"));
  SSL_SESSION* session = SSL_get1_session(first->ssl());
  TlsClientOptions options = Trusting(GetParam());
  options.session = session;
  auto second = Connect(options);
  SSL_SESSION_free(session);
  EXPECT_EQ(SSL_session_reused(second->ssl()), 1);
  EXPECT_EQ(second->Ask(Get("/hello")), Ok("hello"));
  EXPECT_EQ(Count(HandshakeEnd::kResumed), 1u);
  EXPECT_EQ(Count(HandshakeEnd::kFull), 1u);
}

TEST_F(TlsHandshakeTest, OlderVersionsAreRefused) {
  ServeTls();
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    TlsClient client(port(), Trusting(version));
    EXPECT_FALSE(client.Shake());
    EXPECT_THAT(client.error(), HasSubstr("protocol version"));
  }
  EXPECT_TRUE(WaitFor(HandshakeEnd::kFailed, 2));
  EXPECT_TRUE(WaitForNoConnections());
  EXPECT_EQ(record_.Text(), "handler made; ");
}

TEST_F(TlsHandshakeTest, CiphersWithoutAuthenticationOrForwardSecrecyAreRefused) {
  ServeTls();
  for (const char* ciphers : {"ECDHE-ECDSA-AES128-SHA256", "AES128-GCM-SHA256", "aNULL"}) {
    TlsClientOptions options = Trusting(TLS1_2_VERSION);
    options.ciphers = std::string(ciphers) + ":@SECLEVEL=0";
    TlsClient client(port(), options);
    EXPECT_FALSE(client.Shake()) << ciphers;
  }
  EXPECT_TRUE(WaitFor(HandshakeEnd::kFailed, 3));
}

TEST_F(TlsHandshakeTest, RenegotiationIsRefused) {
  ServeTls();
  auto client = Connect(Trusting(TLS1_2_VERSION));
  EXPECT_EQ(client->Ask(Get("/hello")), Ok("hello"));
  ASSERT_EQ(SSL_renegotiate(client->ssl()), 1);
  EXPECT_FALSE(client->Shake());
  EXPECT_THAT(client->error(), HasSubstr("no renegotiation"));
  EXPECT_EQ(Count(HandshakeEnd::kFull), 1u);
}

TEST_F(TlsHandshakeTest, OfProtocolsOnlyHttp11IsChosen) {
  ServeTls();
  TlsClientOptions both = Trusting();
  both.protocols = std::string("\x02h2\x08http/1.1");
  auto client = Connect(both);
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(client->ssl(), &chosen, &size);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), size), "http/1.1");
  EXPECT_EQ(client->Ask(Get("/hello")), Ok("hello"));

  TlsClientOptions old = Trusting();
  old.protocols = std::string("\x08http/1.0\x02h2");
  EXPECT_EQ(Connect(old)->Ask(Get("/hello")), Ok("hello"));

  TlsClientOptions h2 = Trusting();
  h2.protocols = std::string("\x02h2");
  TlsClient refused(port(), h2);
  EXPECT_FALSE(refused.Shake());
  EXPECT_THAT(refused.error(), HasSubstr("no application protocol"));
}

TEST_F(TlsHandshakeTest, TheCertificateIsThatOfTheNameAskedFor) {
  ServeTls({folder_.Issue("first", {"first.test"}),
            folder_.Issue("second", {"Second.test", "*.wild.test"}),
            folder_.Issue("third", {"exact.wild.test", "first.test"})});
  const auto shown_for = [&](const std::string& name) {
    TlsClientOptions options;
    options.server_name = name;
    auto client = Connect(options);
    EXPECT_EQ(client->Ask(Get("/hello")), Ok("hello"));
    for (const char* host : {"second.test", "exact.wild.test", "first.test"}) {
      // Tells the three apart, in this order.
      if (client->Shows("second.test")) return "second";
      if (client->Shows("exact.wild.test")) return "third";
      if (client->Shows(host)) return "first";
    }
    return "none";
  };
  EXPECT_STREQ(shown_for(""), "first");
  EXPECT_STREQ(shown_for("first.test"), "first") << "the third has it too, but stands behind";
  EXPECT_STREQ(shown_for("SECOND.test"), "second");
  EXPECT_STREQ(shown_for("any.wild.test"), "second");
  EXPECT_STREQ(shown_for("exact.wild.test"), "third");
  EXPECT_STREQ(shown_for("two.labels.wild.test"), "first");
  EXPECT_STREQ(shown_for("wild.test"), "first");
  EXPECT_STREQ(shown_for("unknown.test"), "first");
}

TEST_F(TlsHandshakeTest, PlaintextHttpIsToldSo) {
  ServeTls();
  for (const char* request : {"GET /hello HTTP/1.1\r\nHost: h\r\n\r\n", "PATCH", "OPTIONS * "}) {
    RawClient client(port());
    client.Send(request);
    const std::string answer = client.ReadToEnd();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(answer, HasSubstr("https://"));
    EXPECT_FALSE(client.reset());
  }
  EXPECT_EQ(Count(HandshakeEnd::kPlaintext), 3u);
  EXPECT_EQ(record_.Count("rejected malformed_request"), 3u);
  EXPECT_EQ(record_.Count("request GET /hello"), 0u);
}

TEST_F(TlsHandshakeTest, GarbageEndsTheConnection) {
  ServeTls();
  const std::string garbage[] = {
      std::string("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09", 10),
      "\x16\x03\x01\x02" + std::string(800, '\xff'),      // a record of a handshake, of nonsense
      "\x16\x03\x01\xff\xff" + std::string(70'000, 'x'),  // longer than records may be
      std::string("\x15\x03\x03\x00\x02\x02\x28", 7),     // an alert for a beginning
      std::string("\x17\x03\x03\x00\x05hello", 10),       // application data for a beginning
      std::string("\x80\x2e\x01\x00\x02", 5) + std::string(60, 'y'),  // SSL 2
  };
  uint64_t ended = 0;
  for (const std::string& bytes : garbage) {
    RawClient client(port());
    client.Send(bytes);
    client.ReadToEnd();
    ++ended;
    EXPECT_TRUE(WaitFor(HandshakeEnd::kFailed, ended)) << "garbage number " << ended;
  }
  EXPECT_TRUE(WaitForNoConnections());
  EXPECT_EQ(record_.Text(), "handler made; ");
  EXPECT_EQ(Connect()->Ask(Get("/hello")), Ok("hello"));
}

TEST_F(TlsHandshakeTest, AChangedByteOfEachRecordIsNoticed) {
  ServeTls();
  auto client = Connect();
  client->Encrypt(Post("/echo", "body"));
  std::string wire = client->Outgoing();
  wire[wire.size() / 2] = static_cast<char>(wire[wire.size() / 2] ^ 1);
  client->SendWire(wire);
  EXPECT_EQ(client->ReadToEnd(), "");
  EXPECT_NE(client->end(), TlsClient::End::kGoodbye);
  EXPECT_TRUE(WaitForNoConnections());
  EXPECT_EQ(record_.Text(), "handler made; ");
}

TEST_F(TlsHandshakeTest, AHandshakeThatDoesNotEndIsGivenTheTimeOfAHead) {
  limits_.header_timeout = milliseconds(100);
  ServeTls();
  TlsClient half(port(), Trusting());
  const std::string hello = half.Hello();
  half.SendWire(std::string_view(hello).substr(0, hello.size() / 2));
  RawClient silent(port());
  EXPECT_EQ(silent.ReadToEnd(), "");
  EXPECT_EQ(half.raw().ReadToEnd(), "");
  EXPECT_TRUE(WaitFor(HandshakeEnd::kTimedOut, 2));
  EXPECT_TRUE(WaitForNoConnections());
}

TEST_F(TlsHandshakeTest, AHandshakeThatDripsIsNotGivenMoreTime) {
  limits_.header_timeout = milliseconds(150);
  ServeTls();
  TlsClient client(port(), Trusting());
  const std::string hello = client.Hello();
  // All but its end, in a loop far longer than the limit if each byte pushed it back.
  bool open = true;
  for (size_t i = 0; i < 100'000 && open; ++i) {
    open = Count(HandshakeEnd::kTimedOut) == 0;
    if (i + 1 < hello.size()) client.SendWire(std::string_view(hello).substr(i, 1));
    OnWorker([](ScriptedHandler&) {});
  }
  EXPECT_TRUE(WaitFor(HandshakeEnd::kTimedOut));
}

TEST_F(TlsHandshakeTest, AClientThatLeavesMeanwhileIsForgotten) {
  ServeTls();
  for (const bool reset : {false, true}) {
    TlsClient client(port(), Trusting());
    const std::string hello = client.Hello();
    client.SendWire(std::string_view(hello).substr(0, hello.size() - 1));
    OnWorker([](ScriptedHandler&) {});
    reset ? client.raw().Reset() : client.raw().Close();
  }
  EXPECT_TRUE(WaitFor(HandshakeEnd::kLeft, 2));
  EXPECT_TRUE(WaitForNoConnections());
}

TEST_F(TlsHandshakeTest, AClientBeyondTheMostIsToldSoOverTls) {
  options_.max_connections = 1;
  ServeTls();
  auto first = Connect();
  EXPECT_EQ(first->Ask(Get("/hello")), Ok("hello"));
  auto second = Connect();
  EXPECT_THAT(second->ReadToEnd(), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(second->end(), TlsClient::End::kGoodbye);
  EXPECT_EQ(first->Ask(Get("/hello")), Ok("hello"));
}

TEST_F(TlsHandshakeTest, AStormOfHandshakesLeavesRoomForOthers) {
  ServeTls();
  auto neighbour = Connect();
  std::vector<std::unique_ptr<TlsClient>> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(std::make_unique<TlsClient>(port(), Trusting()));
    clients.back()->SendWire(clients.back()->Hello());
  }
  EXPECT_EQ(neighbour->Ask(Get("/hello")), Ok("hello"));
  for (const auto& client : clients) EXPECT_TRUE(client->Shake()) << client->error();
  for (const auto& client : clients) EXPECT_EQ(client->Ask(Get("/hello")), Ok("hello"));
}

TEST_F(TlsHandshakeTest, OneThatIsUnderWayWhenTheListenerDrainsIsServed) {
  ServeTls();
  TlsClient client(port(), Trusting());
  const std::string hello = client.Hello();
  client.SendWire(std::string_view(hello).substr(0, 20));
  auto idle = Connect();
  EXPECT_EQ(idle->Ask(Get("/hello")), Ok("hello"));
  listener_->BeginDrain();
  EXPECT_EQ(idle->ReadToEnd(), "");
  EXPECT_EQ(idle->end(), TlsClient::End::kGoodbye);
  client.SendWire(std::string_view(hello).substr(20));
  ASSERT_TRUE(client.Shake()) << client.error();
  EXPECT_EQ(client.Ask(Get("/hello")), Ok("hello", "Connection: close\r\n"));
}

}  // namespace
}  // namespace sluice::edge
