#include "tests/support/raw_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

namespace sluice::test {
namespace {

absl::Status Failed(const std::string& what) {
  return absl::UnavailableError("cannot " + what + ": " + std::strerror(errno));
}

}  // namespace

absl::StatusOr<RawSocket> RawSocket::Connect(uint16_t port, const std::string& host,
                                             int receive_buffer) {
  RawSocket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket.open()) return Failed("make a socket");
  if (receive_buffer > 0) {
    setsockopt(socket.fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  const int on = 1;
  setsockopt(socket.fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
    return absl::InvalidArgumentError("\"" + host + "\" is not an IPv4 address");
  }
  if (connect(socket.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return Failed("connect to " + host + ":" + std::to_string(port));
  }
  return socket;
}

RawSocket::RawSocket(RawSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      buffered_(std::move(other.buffered_)),
      before_close_(std::exchange(other.before_close_, nullptr)) {}

RawSocket& RawSocket::operator=(RawSocket&& other) noexcept {
  Close();
  fd_ = std::exchange(other.fd_, -1);
  buffered_ = std::move(other.buffered_);
  before_close_ = std::exchange(other.before_close_, nullptr);
  return *this;
}

absl::Status RawSocket::WaitFor(short events, const Deadline& deadline) const {
  while (true) {
    pollfd ready{fd_, events, 0};
    const int count = poll(&ready, 1, deadline.LeftMs());
    if (count > 0) return absl::OkStatus();
    if (count == 0)
      return absl::DeadlineExceededError("the peer kept the test waiting for too long");
    if (errno != EINTR) return Failed("wait for the peer");
  }
}

absl::Status RawSocket::SendAll(std::string_view bytes, const Deadline& deadline) {
  while (!bytes.empty()) {
    const ssize_t count = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count >= 0) {
      bytes.remove_prefix(static_cast<size_t>(count));
    } else if (errno == EAGAIN) {
      if (auto status = WaitFor(POLLOUT, deadline); !status.ok()) return status;
    } else if (errno != EINTR) {
      return Failed("send");
    }
  }
  return absl::OkStatus();
}

absl::Status RawSocket::SendFragmented(std::string_view bytes, size_t piece,
                                       std::chrono::milliseconds pause) {
  while (!bytes.empty()) {
    const std::string_view next = bytes.substr(0, piece);
    if (auto status = SendAll(next); !status.ok()) return status;
    bytes.remove_prefix(next.size());
    if (!bytes.empty()) std::this_thread::sleep_for(pause);
  }
  return absl::OkStatus();
}

size_t RawSocket::SendWhatFits(std::string_view bytes) {
  size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t count =
        send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    sent += static_cast<size_t>(count);
  }
  return sent;
}

absl::Status RawSocket::Fill(const Deadline& deadline, bool& ended) {
  char bytes[64 << 10];
  while (true) {
    const ssize_t count = recv(fd_, bytes, sizeof bytes, MSG_DONTWAIT);
    if (count >= 0) {
      ended = count == 0;
      buffered_.append(bytes, static_cast<size_t>(count));
      return absl::OkStatus();
    }
    if (errno == EAGAIN) {
      if (auto status = WaitFor(POLLIN, deadline); !status.ok()) return status;
    } else if (errno != EINTR) {
      return Failed("read");
    }
  }
}

absl::StatusOr<std::string> RawSocket::ReadSome(size_t most, const Deadline& deadline) {
  bool ended = false;
  if (buffered_.empty()) {
    if (auto status = Fill(deadline, ended); !status.ok()) return status;
  }
  std::string bytes = buffered_.substr(0, most);
  buffered_.erase(0, bytes.size());
  return bytes;
}

absl::StatusOr<std::string> RawSocket::ReadExactly(size_t count, const Deadline& deadline) {
  bool ended = false;
  while (buffered_.size() < count && !ended) {
    if (auto status = Fill(deadline, ended); !status.ok()) return status;
  }
  if (buffered_.size() < count) {
    return absl::OutOfRangeError("the peer ended after " + std::to_string(buffered_.size()) +
                                 " of " + std::to_string(count) + " bytes");
  }
  std::string bytes = buffered_.substr(0, count);
  buffered_.erase(0, count);
  return bytes;
}

absl::StatusOr<std::string> RawSocket::ReadUntil(std::string_view mark, const Deadline& deadline) {
  bool ended = false;
  size_t searched = 0;
  while (true) {
    const size_t at = buffered_.find(mark, searched);
    if (at != std::string::npos) return ReadExactly(at + mark.size(), deadline);
    if (ended)
      return absl::OutOfRangeError("the peer ended before the mark; it sent: " + buffered_);
    searched = buffered_.size() - std::min(buffered_.size(), mark.size());
    if (auto status = Fill(deadline, ended); !status.ok()) return status;
  }
}

absl::StatusOr<std::string> RawSocket::ReadToEnd(const Deadline& deadline) {
  bool ended = false;
  while (!ended) {
    if (auto status = Fill(deadline, ended); !status.ok()) return status;
  }
  return std::exchange(buffered_, std::string());
}

absl::StatusOr<RawSocket::PeerEnd> RawSocket::WaitForEnd(const Deadline& deadline) {
  bool ended = false;
  while (!ended) {
    buffered_.clear();
    const absl::Status status = Fill(deadline, ended);
    if (absl::IsUnavailable(status)) return PeerEnd::kReset;
    if (!status.ok()) return status;
  }
  return PeerEnd::kClosed;
}

void RawSocket::HalfClose() { shutdown(fd_, SHUT_WR); }

void RawSocket::Reset() {
  const linger hard{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  Close();
}

void RawSocket::Close() {
  if (fd_ < 0) return;
  if (before_close_) std::exchange(before_close_, nullptr)();
  close(std::exchange(fd_, -1));
}

}  // namespace sluice::test
