#include "dataplane/edge/output_buffer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <random>
#include <string>

namespace sluice::edge {
namespace {

class OutputBufferTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds_), 0);
    const int small = 8192;
    ASSERT_EQ(setsockopt(fds_[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
  }
  void TearDown() override {
    close(fds_[0]);
    if (fds_[1] >= 0) close(fds_[1]);
  }
  // Everything the other side has received.
  std::string Receive() {
    std::string all;
    char buffer[4096];
    for (ssize_t n; (n = recv(fds_[1], buffer, sizeof(buffer), 0)) > 0;) {
      all.append(buffer, static_cast<size_t>(n));
    }
    return all;
  }

  int fds_[2] = {-1, -1};
  BlockPool pool_;
};

TEST_F(OutputBufferTest, SendsWhatWasAppendedThenThePieces) {
  OutputBuffer out(pool_);
  ClientSocket socket(fds_[0]);
  EXPECT_EQ(out.Flush(socket), OutputBuffer::Outcome::kSent);
  out.Append("head ");
  out.Append("");
  EXPECT_EQ(out.size(), 5u);
  EXPECT_EQ(out.Send(socket, {"a", "", "b"}), OutputBuffer::Outcome::kSent);
  EXPECT_TRUE(out.empty());
  EXPECT_EQ(out.sent(), 7u);
  EXPECT_EQ(Receive(), "head ab");
}

TEST_F(OutputBufferTest, KeepsOrderWhateverTheSocketTakes) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  OutputBuffer out(pool_);
  ClientSocket socket(fds_[0]);
  std::string sent, received;
  for (int i = 0; i < 600; ++i) {
    std::string piece(random() % 9000, static_cast<char>('a' + i % 26));
    sent += piece;
    if (random() % 2 == 0) {
      out.Append(piece);
    } else {
      const std::string_view view = piece;
      const size_t cut = piece.empty() ? 0 : random() % piece.size();
      const auto outcome = out.Send(socket, {view.substr(0, cut), view.substr(cut)});
      ASSERT_EQ(outcome == OutputBuffer::Outcome::kSent, out.empty());
    }
    if (random() % 4 == 0) received += Receive();
    if (random() % 4 == 0) out.Flush(socket);
    ASSERT_EQ(out.sent() + out.size(), sent.size());
  }
  while (!out.empty()) {
    ASSERT_NE(out.Flush(socket), OutputBuffer::Outcome::kFailed);
    received += Receive();
  }
  received += Receive();
  EXPECT_TRUE(received == sent);
}

TEST_F(OutputBufferTest, HoldsMoreThanOneCallCarries) {
  OutputBuffer out(pool_);
  ClientSocket socket(fds_[0]);
  const std::string big(3 << 20, 'x');
  out.Append(big);
  size_t received = 0;
  while (!out.empty()) {
    const bool all = out.Flush(socket) == OutputBuffer::Outcome::kSent;
    ASSERT_EQ(all, out.empty());
    received += Receive().size();
  }
  received += Receive().size();
  EXPECT_EQ(received, big.size());
}

TEST_F(OutputBufferTest, SaysWhenTheOtherSideIsGone) {
  close(fds_[1]);
  fds_[1] = -1;
  OutputBuffer out(pool_);
  ClientSocket socket(fds_[0]);
  out.Append("x");
  EXPECT_EQ(out.Flush(socket), OutputBuffer::Outcome::kFailed);
}

}  // namespace
}  // namespace sluice::edge
