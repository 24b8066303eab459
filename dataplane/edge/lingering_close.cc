#include "dataplane/edge/lingering_close.h"

#include <sys/socket.h>

#include <cerrno>

namespace sluice::edge {
namespace {

constexpr int kReadsAtOnce = 4;

}  // namespace

void LingeringClose::Begin(int fd, event::MonoTime now) {
  deadline_ = now + kLongest;
  discarded_ = 0;
  // Fails if the client is gone already; the first read says so too.
  shutdown(fd, SHUT_WR);
}

LingeringClose::Outcome LingeringClose::Discard(int fd, char* buffer, size_t buffer_size) {
  for (int i = 0; i < kReadsAtOnce; ++i) {
    const ssize_t count = recv(fd, buffer, buffer_size, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Outcome::kWait;
    if (count <= 0) return Outcome::kDone;
    discarded_ += static_cast<size_t>(count);
    if (discarded_ > kMostBytes) return Outcome::kDone;
  }
  return Outcome::kAgain;
}

}  // namespace sluice::edge
