#include "tests/support/tcp_relay.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <thread>

#include "tests/support/raw_socket.h"

namespace sluice::test {
namespace {

// A listening socket, and a relay in front of it.
class TcpRelayTest : public ::testing::Test {
 protected:
  void SetUp() override {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    ASSERT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    ASSERT_EQ(listen(listener_, 16), 0);
    ASSERT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    auto relay = TcpRelay::Start(ntohs(address.sin_port));
    ASSERT_TRUE(relay.ok()) << relay.status();
    relay_ = *std::move(relay);
  }
  void TearDown() override { close(listener_); }

  RawSocket Client() {
    auto client = RawSocket::Connect(relay_->port());
    EXPECT_TRUE(client.ok()) << client.status();
    return *std::move(client);
  }
  RawSocket Accepted() { return RawSocket(accept(listener_, nullptr, nullptr)); }
  static bool HasInput(const RawSocket& socket, int milliseconds) {
    pollfd watched{socket.fd(), POLLIN, 0};
    return poll(&watched, 1, milliseconds) == 1;
  }

  int listener_ = -1;
  std::unique_ptr<TcpRelay> relay_;
};

TEST_F(TcpRelayTest, PassesAndCountsBothWays) {
  RawSocket client = Client();
  RawSocket server = Accepted();
  const std::string big(3 << 20, 'b');
  ASSERT_TRUE(client.SendAll("hello").ok());
  EXPECT_EQ(*server.ReadExactly(5), "hello");
  std::thread sender([&] { EXPECT_TRUE(server.SendAll(big).ok()); });
  EXPECT_EQ(*client.ReadExactly(big.size()), big);
  sender.join();
  EXPECT_EQ(relay_->to_target(), 5u);
  EXPECT_EQ(relay_->from_target(), big.size());
}

TEST_F(TcpRelayTest, PassesEachEndOn) {
  RawSocket client = Client();
  RawSocket server = Accepted();
  client.HalfClose();
  EXPECT_EQ(*server.ReadToEnd(), "");
  ASSERT_TRUE(server.SendAll("late").ok());
  EXPECT_EQ(*client.ReadExactly(4), "late");
  server.Close();
  EXPECT_EQ(*client.ReadToEnd(), "");
  RawSocket other = Client();
  RawSocket taken = Accepted();
  taken.Reset();
  EXPECT_TRUE(other.WaitForEnd().ok());
}

TEST_F(TcpRelayTest, AnInterruptionHoldsEverythingAndClosesNothing) {
  RawSocket client = Client();
  RawSocket server = Accepted();
  ASSERT_TRUE(client.SendAll("a").ok());
  EXPECT_EQ(*server.ReadExactly(1), "a");
  relay_->Interrupt(true);
  ASSERT_TRUE(client.SendAll("held").ok());
  ASSERT_TRUE(server.SendAll("back").ok());
  server.HalfClose();
  EXPECT_FALSE(HasInput(server, 50));
  EXPECT_FALSE(HasInput(client, 50));
  relay_->Interrupt(false);
  EXPECT_EQ(*server.ReadExactly(4), "held");
  EXPECT_EQ(*client.ReadToEnd(), "back");
}

}  // namespace
}  // namespace sluice::test
