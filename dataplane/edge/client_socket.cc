#include "dataplane/edge/client_socket.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace sluice::edge {

ClientSocket::ClientSocket(int fd, std::shared_ptr<const TlsContext> context) : fd_(fd) {
  if (context != nullptr) tls_ = std::make_unique<TlsSession>(std::move(context), fd);
}

Input ClientSocket::Read(char* buffer, size_t size) {
  if (tls_ != nullptr) return tls_->Read(buffer, size);
  ssize_t count;
  do {
    count = recv(fd_, buffer, size, 0);
  } while (count < 0 && errno == EINTR);
  if (count > 0) {
    // A short read has emptied the socket, and what comes later is a new event.
    const size_t taken = static_cast<size_t>(count);
    return {Input::Kind::kBytes, taken, taken == size};
  }
  if (count == 0) return {Input::Kind::kEnd, 0, false};
  const bool waits = errno == EAGAIN || errno == EWOULDBLOCK;
  return {waits ? Input::Kind::kWait : Input::Kind::kLost, 0, false};
}

ssize_t ClientSocket::Write(iovec* parts, size_t count) {
  if (tls_ != nullptr) return tls_->Write(parts, count);
  ssize_t taken;
  do {
    if (count == 1) {
      taken = send(fd_, parts[0].iov_base, parts[0].iov_len, MSG_NOSIGNAL);
    } else {
      msghdr message{};
      message.msg_iov = parts;
      message.msg_iovlen = count;
      taken = sendmsg(fd_, &message, MSG_NOSIGNAL);
    }
  } while (taken < 0 && errno == EINTR);
  return taken;
}

}  // namespace sluice::edge
