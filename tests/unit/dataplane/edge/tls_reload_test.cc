// Certificates that change while there is traffic.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "dataplane/edge/tls_watch.h"
#include "tests/support/deadline.h"
#include "tests/unit/dataplane/edge/tls_fixture.h"

namespace sluice::edge {
namespace {

class TlsReloadTest : public TlsListenerTest {
 protected:
  void Begin() {
    pair_ = folder_.Issue("server", {"gateway.test", "before.test"});
    options_.workers = 2;
    ServeTls({pair_});
    watch_ = std::make_unique<TlsWatch>(*files_, absl::Milliseconds(5));
  }
  ~TlsReloadTest() override { watch_.reset(); }
  bool Shows(const std::string& host) { return Connect()->Shows(host); }

  TlsPair pair_;
  std::unique_ptr<TlsWatch> watch_;
};

TEST_F(TlsReloadTest, ConnectionsThatAreOpenStayAndThoseThatComeSeeTheNewOne) {
  Begin();
  auto kept = Connect();
  EXPECT_EQ(kept->Ask(Get("/hello")), Ok("hello"));
  auto streaming = Connect();
  streaming->Send(Get("/big?20000000"));
  TlsClient shaking(port(), Trusting());
  const std::string hello = shaking.Hello();
  shaking.SendWire(std::string_view(hello).substr(0, 50));

  std::atomic<bool> enough = false;
  std::atomic<int> asked = 0;
  std::vector<std::thread> traffic;
  for (int i = 0; i < 3; ++i) {
    traffic.emplace_back([&] {
      while (!enough) {
        auto client = Connect();
        EXPECT_EQ(client->Ask(Get("/hello")), Ok("hello"));
        EXPECT_EQ(client->Ask(Get("/hello")), Ok("hello"));
        ++asked;
      }
    });
  }
  for (int round = 0; round < 3; ++round) {
    const std::string name = "after" + std::to_string(round) + ".test";
    const int before = asked;
    TlsFolder::Replace(pair_, folder_.Issue("next", {"gateway.test", name}));
    EXPECT_TRUE(test::Eventually([&] { return Shows(name); }));
    EXPECT_TRUE(test::Eventually([&] { return asked > before + 5; }));
  }
  enough = true;
  for (std::thread& one : traffic) one.join();
  EXPECT_EQ(kept->Ask(Get("/hello")), Ok("hello"));
  EXPECT_TRUE(kept->Shows("before.test"));
  EXPECT_EQ(streaming->ReadUntil("\r\n\r\n").size() + streaming->Skip(20'000'000), 20'000'043u);
  shaking.SendWire(std::string_view(hello).substr(50));
  ASSERT_TRUE(shaking.Shake()) << shaking.error();
  EXPECT_TRUE(shaking.Shows("before.test"));
  EXPECT_EQ(Count(HandshakeEnd::kFailed), 0u);
}

TEST_F(TlsReloadTest, TicketsOfBeforeAreNoObstacle) {
  Begin();
  auto first = Connect();
  EXPECT_EQ(first->Ask(Get("/hello")), Ok("hello"));
  SSL_SESSION* session = SSL_get1_session(first->ssl());
  TlsFolder::Replace(pair_, folder_.Issue("next", {"gateway.test", "after.test"}));
  EXPECT_TRUE(test::Eventually([&] { return Shows("after.test"); }));
  TlsClientOptions options = Trusting();
  options.session = session;
  auto second = Connect(options);
  SSL_SESSION_free(session);
  EXPECT_EQ(SSL_session_reused(second->ssl()), 0);
  EXPECT_EQ(second->Ask(Get("/hello")), Ok("hello"));
}

TEST_F(TlsReloadTest, ABadPairChangesNothingForClients) {
  Begin();
  const TlsPair next = folder_.Issue("next", {"gateway.test", "after.test"});
  ASSERT_EQ(rename(next.key_file.c_str(), pair_.key_file.c_str()), 0);
  EXPECT_TRUE(test::Eventually([&] { return files_->state().refused; }));
  EXPECT_TRUE(Shows("before.test"));
  ASSERT_EQ(rename(next.certificate_file.c_str(), pair_.certificate_file.c_str()), 0);
  EXPECT_TRUE(test::Eventually([&] { return Shows("after.test"); }));
}

}  // namespace
}  // namespace sluice::edge
