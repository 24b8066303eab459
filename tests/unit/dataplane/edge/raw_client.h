// A client over a plain blocking socket, for tests that care about bytes, order and the way a
// connection ends.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::edge {

class RawClient {
 public:
  static constexpr int kDeadlineMs = 20'000;

  explicit RawClient(uint16_t port, int receive_buffer = 0) {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receive_buffer > 0) {
      setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }
  ~RawClient() { Close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // False if the server has closed.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n < 0) return false;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }
  // Sends for as long as the socket takes bytes without waiting; returns how many it took.
  size_t SendUntilFull(std::string_view piece) {
    size_t total = 0;
    for (;;) {
      const ssize_t n = send(fd_, piece.data(), piece.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n > 0) {
        total += static_cast<size_t>(n);
        continue;
      }
      pollfd waits{fd_, POLLOUT, 0};
      if (poll(&waits, 1, 200) == 0) return total;
    }
  }

  // One more piece; false at the end of the stream, a reset or the deadline.
  bool Receive() {
    pollfd waits{fd_, POLLIN, 0};
    if (poll(&waits, 1, kDeadlineMs) != 1) {
      ADD_FAILURE() << "nothing came in time; so far: " << buffer_.substr(0, 300);
      return false;
    }
    char bytes[65536];
    const ssize_t n = recv(fd_, bytes, sizeof(bytes), 0);
    if (n < 0) reset_ = errno == ECONNRESET;
    if (n <= 0) return false;
    buffer_.append(bytes, static_cast<size_t>(n));
    return true;
  }
  std::string ReadExactly(size_t size) {
    while (buffer_.size() < size && Receive()) {
    }
    return Cut(size);
  }
  // Up to and with `end`; what there is if the stream ends before.
  std::string ReadUntil(std::string_view end) {
    size_t at;
    while ((at = buffer_.find(end)) == std::string::npos && Receive()) {
    }
    return at == std::string::npos ? Cut(buffer_.size()) : Cut(at + end.size());
  }
  std::string ReadToEnd() {
    while (Receive()) {
    }
    return Cut(buffer_.size());
  }
  // Drops `size` bytes without keeping them; returns how many came.
  uint64_t Skip(uint64_t size) {
    uint64_t skipped = 0;
    for (;;) {
      const uint64_t now = std::min<uint64_t>(size - skipped, buffer_.size());
      buffer_.erase(0, now);
      skipped += now;
      if (skipped == size || !Receive()) return skipped;
    }
  }
  // A head, and a body by its Content-Length.
  std::string ReadAnswer() {
    std::string answer = ReadUntil("\r\n\r\n");
    const size_t at = answer.find("Content-Length: ");
    if (at == std::string::npos) return answer;
    return answer + ReadExactly(std::stoul(answer.substr(at + 16)));
  }
  std::string Ask(std::string_view bytes) {
    Send(bytes);
    return ReadAnswer();
  }

  int fd() const { return fd_; }
  // After the stream ended: by a reset, not by a close.
  bool reset() const { return reset_; }
  void ShutdownWrite() { shutdown(fd_, SHUT_WR); }
  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }
  void Reset() {
    const linger at_once{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    Close();
  }

 private:
  std::string Cut(size_t size) {
    std::string front = buffer_.substr(0, size);
    buffer_.erase(0, front.size());
    return front;
  }

  int fd_ = -1;
  std::string buffer_;
  bool reset_ = false;
};

}  // namespace sluice::edge
