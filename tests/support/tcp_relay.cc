#include "tests/support/tcp_relay.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace sluice::test {
namespace {

constexpr size_t kPieceBytes = 64 << 10;

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

bool WouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

// Each piece goes on as it comes.
void Prepare(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

}  // namespace

absl::StatusOr<std::unique_ptr<TcpRelay>> TcpRelay::Start(uint16_t target) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  const bool listens =
      listener >= 0 && wake >= 0 &&
      bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 &&
      listen(listener, SOMAXCONN) == 0 &&
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  if (!listens) {
    const std::string why = std::strerror(errno);
    if (listener >= 0) close(listener);
    if (wake >= 0) close(wake);
    return absl::InternalError("a relay cannot listen: " + why);
  }
  return std::unique_ptr<TcpRelay>(new TcpRelay(target, listener, wake, ntohs(address.sin_port)));
}

TcpRelay::TcpRelay(uint16_t target, int listener, int wake, uint16_t port)
    : target_(target), listener_(listener), wake_(wake), port_(port), thread_([this] { Run(); }) {}

TcpRelay::~TcpRelay() {
  ending_ = true;
  eventfd_write(wake_, 1);
  thread_.join();
  for (const auto& line : lines_) {
    close(line->up.from);
    close(line->up.to);
  }
  close(listener_);
  close(wake_);
}

void TcpRelay::Interrupt(bool on) {
  interrupted_ = on;
  eventfd_write(wake_, 1);
}

void TcpRelay::Record() { records_ = true; }

std::string TcpRelay::recorded() const {
  const std::lock_guard<std::mutex> lock(record_mutex_);
  return record_;
}

void TcpRelay::Accept() {
  const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(target_);
  if (server < 0 || connect(server, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    if (server >= 0) close(server);
    close(client);
    return;
  }
  Prepare(client);
  Prepare(server);
  auto line = std::make_unique<Line>();
  line->up = {client, server, {}, false, &to_target_};
  line->down = {server, client, {}, false, &from_target_};
  lines_.push_back(std::move(line));
}

bool TcpRelay::Pass(Lane& lane, bool readable, bool writable) {
  if (readable && lane.waiting.empty() && !lane.ended) {
    lane.waiting.resize(kPieceBytes);
    const ssize_t count = recv(lane.from, lane.waiting.data(), lane.waiting.size(), 0);
    lane.waiting.resize(std::max<ssize_t>(0, count));
    if (count < 0 && !WouldBlock()) return false;
    if (count == 0) {
      lane.ended = true;
      shutdown(lane.to, SHUT_WR);
    }
  }
  if (lane.waiting.empty() || !(readable || writable)) return true;
  const ssize_t sent = send(lane.to, lane.waiting.data(), lane.waiting.size(), MSG_NOSIGNAL);
  if (sent < 0) return WouldBlock();
  if (records_) {
    const std::lock_guard<std::mutex> lock(record_mutex_);
    record_.append(lane.waiting.data(), static_cast<size_t>(sent));
  }
  lane.waiting.erase(lane.waiting.begin(), lane.waiting.begin() + sent);
  lane.count->fetch_add(static_cast<uint64_t>(sent));
  return true;
}

bool TcpRelay::PassBoth(Line& line, const Seen& seen) {
  const auto has = [&](size_t side, short events) {
    return (seen[side] & (events | POLLERR | POLLHUP)) != 0;
  };
  // Side 0 is the client, side 1 the target.
  const bool whole = Pass(line.up, has(0, POLLIN), has(1, POLLOUT)) &&
                     Pass(line.down, has(1, POLLIN), has(0, POLLOUT));
  const auto gone = [&](size_t side, const Lane& from) {
    return (seen[side] & (POLLERR | POLLHUP)) != 0 && from.ended;
  };
  return whole && !(line.up.ended && line.down.ended) && !gone(0, line.up) && !gone(1, line.down);
}

void TcpRelay::Wait(std::vector<Seen>* seen, bool* arrived) {
  std::vector<pollfd> watched = {{wake_, POLLIN, 0}};
  const bool forwards = !interrupted_;
  if (forwards) {
    watched.push_back({listener_, POLLIN, 0});
    for (const auto& line : lines_) {
      const auto wish = [](const Lane& in, const Lane& out) {
        const bool reads = in.waiting.empty() && !in.ended;
        return static_cast<short>((reads ? POLLIN : 0) | (out.waiting.empty() ? 0 : POLLOUT));
      };
      watched.push_back({line->up.from, wish(line->up, line->down), 0});
      watched.push_back({line->up.to, wish(line->down, line->up), 0});
    }
  }
  poll(watched.data(), watched.size(), -1);
  eventfd_t unused = 0;
  eventfd_read(wake_, &unused);
  *arrived = forwards && watched[1].revents != 0;
  seen->clear();
  for (size_t i = 2; i + 1 < watched.size(); i += 2) {
    seen->push_back({watched[i].revents, watched[i + 1].revents});
  }
}

void TcpRelay::Run() {
  std::vector<Seen> seen;
  bool arrived = false;
  while (!ending_) {
    Wait(&seen, &arrived);
    if (interrupted_) continue;
    for (size_t i = seen.size(); i-- > 0;) {
      if (PassBoth(*lines_[i], seen[i])) continue;
      close(lines_[i]->up.from);
      close(lines_[i]->up.to);
      lines_.erase(lines_.begin() + static_cast<ptrdiff_t>(i));
    }
    if (arrived) Accept();
  }
}

}  // namespace sluice::test
