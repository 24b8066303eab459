#include "controlplane/cli/interruption.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <utility>

#include "common/base/check.h"

namespace sluice::cli {
namespace {

// Where the signal's handler writes: all that it may touch, since it runs anywhere.
std::atomic<int> handlers_pipe{-1};
static_assert(std::atomic<int>::is_always_lock_free);

void OnSignal(int) {
  const int saved = errno;
  const int fd = handlers_pipe.load(std::memory_order_relaxed);
  if (fd < 0 || write(fd, "", 1) < 0) {
    // Of another time, or full: then it says it already.
  }
  errno = saved;
}

}  // namespace

Interruption::Interruption(std::function<void()> on_interrupt) {
  SLUICE_CHECK(pipe2(came_, O_CLOEXEC | O_NONBLOCK) == 0 && pipe2(ends_, O_CLOEXEC) == 0,
               "there are no file descriptors left");
  handlers_pipe = came_[1];
  struct sigaction action {};
  action.sa_handler = OnSignal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, &before_);
  if (on_interrupt) {
    thread_ = std::thread([this, on_interrupt = std::move(on_interrupt)] { Listen(on_interrupt); });
  }
}

Interruption::~Interruption() {
  sigaction(SIGINT, &before_, nullptr);
  handlers_pipe = -1;
  close(ends_[1]);
  if (thread_.joinable()) thread_.join();
  for (const int fd : {came_[0], came_[1], ends_[0]}) close(fd);
}

bool Interruption::came() const {
  pollfd came{came_[0], POLLIN, 0};
  return poll(&came, 1, 0) > 0;
}

void Interruption::Listen(const std::function<void()>& on_interrupt) const {
  pollfd fds[] = {{came_[0], POLLIN, 0}, {ends_[0], POLLIN, 0}};
  while (poll(fds, 2, -1) < 0 && errno == EINTR) {
  }
  if (fds[0].revents != 0) on_interrupt();
}

}  // namespace sluice::cli
