#include "dataplane/upstream/socket_table.h"

#include <curl/curl.h>
#include <sys/socket.h>

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
    if (socket) Unwatch(*socket);
  }
}

SocketTable::Socket& SocketTable::At(int fd) {
  size_t index = static_cast<size_t>(fd);
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
  SetIdle(socket, false);
  socket.opened_here = true;
  socket.connected = false;
  if (socket.watched == event::kNone) return;
  // Closed behind our back, and the number has come again. libcurl sees no change and will not ask
  // anew.
  Forget(socket);
  if (socket.wanted == event::kNone) return;
  loop_.Watch(fd, socket.wanted, &socket);
  socket.watched = socket.wanted;
}

void SocketTable::OnClosed(int fd) {
  Socket& socket = At(fd);
  Unwatch(socket);
  if (socket.connected) levels_.upstream_connections.Add(-1);
  SetIdle(socket, false);
  socket.opened_here = false;
  socket.connected = false;
  socket.shard = nullptr;
  socket.wanted = event::kNone;
}

void SocketTable::SetInterest(int fd, MultiShard* shard, int curl_poll) {
  Socket& socket = At(fd);
  socket.shard = shard;
  socket.wanted = InterestOf(curl_poll);
  if (socket.wanted != event::kNone) SetIdle(socket, false);
  if (!socket.connected && socket.opened_here && (socket.wanted & event::kRead) != 0) {
    socket.connected = true;
    levels_.upstream_connections.Add(1);
  }
  if (curl_poll == CURL_POLL_REMOVE && !socket.opened_here) return Unwatch(socket);
  if (curl_poll == CURL_POLL_REMOVE && !socket.connected) return Forget(socket);
  // Reading stays watched even while it is not wanted: mostly nothing comes, and if it does,
  // OnReady narrows.
  if ((socket.wanted & ~socket.watched) == 0 && (socket.watched & event::kWrite) == 0) return;
  uint8_t next = socket.wanted | (socket.watched & event::kRead);
  if (next == socket.watched) return;
  if (next == event::kNone) {
    Unwatch(socket);
  } else if (socket.watched == event::kNone) {
    loop_.Watch(fd, next, &socket);
  } else {
    loop_.Rewatch(fd, next);
  }
  socket.watched = next;
}

void SocketTable::OnIdle(int fd) {
  Socket& socket = At(fd);
  // Another transfer may have taken the connection in the same turn.
  if (!socket.opened_here || !socket.connected || socket.wanted != event::kNone) return;
  SetIdle(socket, true);
  socket.RefuseBytes();
  if (socket.watched != event::kNone) return;
  loop_.Watch(fd, event::kRead, &socket);
  socket.watched = event::kRead;
}

void SocketTable::Socket::RefuseBytes() {
  char bytes[4096];
  if (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) <= 0) return;
  // Shut first: then what is still under way is answered with a reset, so the draining ends.
  shutdown(fd, SHUT_RDWR);
  while (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0) {
  }
}

void SocketTable::SetIdle(Socket& socket, bool idle) {
  if (socket.idle == idle) return;
  socket.idle = idle;
  levels_.idle_upstream_connections.Add(idle ? 1 : -1);
}

void SocketTable::Unwatch(Socket& socket) {
  if (socket.watched == event::kNone) return;
  socket.watched = event::kNone;
  loop_.Unwatch(socket.fd);
}

void SocketTable::Forget(Socket& socket) {
  if (socket.watched == event::kNone) return;
  socket.watched = event::kNone;
  loop_.Forget(socket.fd);
}

void SocketTable::Socket::OnReady(event::Ready ready) {
  if (idle && ready.readable) RefuseBytes();
  bool wants_read = (wanted & event::kRead) != 0;
  bool wants_write = (wanted & event::kWrite) != 0;
  bool useful = (ready.readable && wants_read) || (ready.writable && wants_write) ||
                (ready.hangup && wanted != event::kNone);
  if (!useful || shard == nullptr) {
    table->Unwatch(*this);
    if (wanted != event::kNone && shard != nullptr) {
      watched = wanted;
      table->loop_.Watch(fd, wanted, this);
    }
    return;
  }
  int bits = (ready.readable ? CURL_CSELECT_IN : 0) | (ready.writable ? CURL_CSELECT_OUT : 0) |
             (ready.hangup ? CURL_CSELECT_ERR : 0);
  shard->Drive(fd, bits);
}

}  // namespace sluice::upstream
