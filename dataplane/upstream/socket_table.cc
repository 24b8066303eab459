#include "dataplane/upstream/socket_table.h"

#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "dataplane/upstream/multi_shard.h"

namespace sluice::upstream {
namespace {

uint8_t InterestOf(int curl_poll) {
  switch (curl_poll) {
    case CURL_POLL_IN:
      return event::kRead;
    case CURL_POLL_OUT:
      return event::kWrite;
    case CURL_POLL_INOUT:
      return event::kRead | event::kWrite;
    default:
      return event::kNone;
  }
}

}  // namespace

SocketTable::~SocketTable() {
  for (auto& socket : sockets_) {
    if (socket) Watch(*socket, event::kNone);
  }
}

curl_socket_t SocketTable::OpenSocket(void* self, curlsocktype, curl_sockaddr* address) {
  const int fd = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (fd < 0) return CURL_SOCKET_BAD;
  static_cast<SocketTable*>(self)->OnOpened(fd);
  return fd;
}

int SocketTable::CloseSocket(void* self, curl_socket_t fd) {
  static_cast<SocketTable*>(self)->OnClosed(fd);
  return ::close(fd);
}

SocketTable::Socket& SocketTable::At(int fd) {
  const size_t index = static_cast<size_t>(fd);
  if (index >= sockets_.size()) sockets_.resize(index + 1);
  std::unique_ptr<Socket>& socket = sockets_[index];
  if (!socket) {
    socket = std::make_unique<Socket>();
    socket->table = this;
    socket->fd = fd;
  }
  return *socket;
}

void SocketTable::OnOpened(int fd) {
  Socket& socket = At(fd);
  socket.opened_here = true;
  socket.connected = false;
  if (socket.watched == event::kNone) return;
  // libcurl has closed a socket of that number without a word, and the number has come again.
  const uint8_t interest = std::exchange(socket.watched, event::kNone);
  loop_.Forget(fd);
  // It sees no change then, and will not ask anew.
  if (socket.shard != nullptr) Watch(socket, interest);
}

void SocketTable::OnClosed(int fd) {
  Socket& socket = At(fd);
  Watch(socket, event::kNone);
  if (socket.owner != nullptr) levels_.upstream_connections.Add(-1);
  socket.opened_here = false;
  socket.shard = nullptr;
  socket.owner = nullptr;
}

void SocketTable::SetInterest(CURL* easy, int fd, MultiShard* shard, int curl_poll) {
  Socket& socket = At(fd);
  if (socket.owner != nullptr) return;
  const uint8_t interest = InterestOf(curl_poll);
  socket.connected |= (interest & event::kRead) != 0;
  if (interest != event::kNone || !socket.opened_here) {
    socket.shard = interest == event::kNone ? nullptr : shard;
    return Watch(socket, interest);
  }
  socket.shard = nullptr;
  // One that stands will be adopted, or its end is told to OnClosed.
  curl_socket_t stands = CURL_SOCKET_BAD;
  curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &stands);
  if (stands == fd || socket.connected) return;
  // libcurl has closed it, or will, without a word: from now on the number is nobody's.
  socket.opened_here = false;
  if (socket.watched == event::kNone) return;
  loop_.Forget(fd);
  socket.watched = event::kNone;
}

void SocketTable::Adopt(int fd, event::Watcher* watcher) {
  Socket& socket = At(fd);
  socket.owner = watcher;
  levels_.upstream_connections.Add(1);
  socket.shard = nullptr;
  Watch(socket, event::kRead);
}

void SocketTable::SetOwnInterest(int fd, uint8_t interest) { Watch(At(fd), interest); }

void SocketTable::Watch(Socket& socket, uint8_t interest) {
  if (interest == socket.watched) return;
  if (interest == event::kNone) {
    loop_.Unwatch(socket.fd);
  } else if (socket.watched == event::kNone) {
    loop_.Watch(socket.fd, interest, &socket);
  } else {
    loop_.Rewatch(socket.fd, interest);
  }
  socket.watched = interest;
}

void SocketTable::Socket::OnReady(event::Ready ready) {
  if (owner != nullptr) return owner->OnReady(ready);
  if (shard == nullptr) return table->Watch(*this, event::kNone);
  const int bits = (ready.readable ? CURL_CSELECT_IN : 0) |
                   (ready.writable ? CURL_CSELECT_OUT : 0) | (ready.hangup ? CURL_CSELECT_ERR : 0);
  shard->Drive(fd, bits);
}

}  // namespace sluice::upstream
