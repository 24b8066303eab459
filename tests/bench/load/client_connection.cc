#include "tests/bench/load/client_connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace sluice::bench {
namespace {

constexpr size_t kReadBytes = 256 << 10;
constexpr size_t kZeroBytes = 256 << 10;

const std::array<char, kZeroBytes> kZeros{};

}  // namespace

ClientConnection::ClientConnection(Poller& poller, Listener& listener, size_t number)
    : poller_(poller),
      listener_(listener),
      number_(number),
      reader_([this](std::string_view body) { listener_.OnBody(*this, body); }) {}

ClientConnection::~ClientConnection() {
  if (fd_ < 0) return;
  poller_.Unwatch(fd_);
  close(fd_);
}

absl::Status ClientConnection::Connect(uint16_t port) {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return absl::ErrnoToStatus(errno, "no socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return absl::ErrnoToStatus(errno, "cannot connect");
  }
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (fcntl(fd_, F_SETFL, O_NONBLOCK) != 0) return absl::ErrnoToStatus(errno, "fcntl");
  poller_.Watch(fd_, EPOLLIN, this);
  return absl::OkStatus();
}

void ClientConnection::Send(std::string_view request, int64_t zeros) {
  text_ = request;
  zeros_ = zeros;
  reader_.Begin();
  Write();
}

void ClientConnection::OnReady(uint32_t events) {
  if ((events & EPOLLOUT) != 0 && sending()) Write();
  if (fd_ >= 0 && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) Read();
}

void ClientConnection::Write() {
  while (sending()) {
    const std::string_view piece =
        !text_.empty() ? text_
                       : std::string_view(kZeros.data(), std::min<size_t>(kZeroBytes, zeros_));
    const ssize_t count = send(fd_, piece.data(), piece.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EAGAIN) break;
    if (count < 0) return Fail(absl::ErrnoToStatus(errno, "cannot send"));
    if (!text_.empty()) {
      text_.remove_prefix(count);
    } else {
      zeros_ -= count;
    }
  }
  if (sending() == awaits_room_) return;
  awaits_room_ = sending();
  poller_.Rewatch(fd_, awaits_room_ ? EPOLLIN | EPOLLOUT : EPOLLIN, this);
}

void ClientConnection::Read() {
  static std::array<char, kReadBytes> buffer;
  const ssize_t count = recv(fd_, buffer.data(), buffer.size(), 0);
  if (count < 0 && errno == EAGAIN) return;
  if (count < 0) return Fail(absl::ErrnoToStatus(errno, "cannot read"));
  if (count == 0) return Fail(absl::DataLossError("the connection was closed"));
  const absl::Status status = reader_.Feed({buffer.data(), static_cast<size_t>(count)});
  if (!status.ok()) return Fail(status);
  if (!reader_.complete()) return;
  if (sending()) return Fail(absl::DataLossError("answered before the request was whole"));
  listener_.OnAnswer(*this);
}

void ClientConnection::Fail(const absl::Status& status) {
  poller_.Unwatch(fd_);
  close(fd_);
  fd_ = -1;
  listener_.OnFailure(*this, status);
}

}  // namespace sluice::bench
