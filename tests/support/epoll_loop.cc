#include "tests/support/epoll_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "common/base/check.h"

namespace sluice::test {
namespace {

epoll_event EventOf(int fd, uint8_t interest) {
  epoll_event event{};
  event.events =
      ((interest & event::kRead) ? EPOLLIN : 0u) | ((interest & event::kWrite) ? EPOLLOUT : 0u);
  event.data.fd = fd;
  return event;
}

}  // namespace

EpollLoop::EpollLoop()
    : epoll_fd_(epoll_create1(EPOLL_CLOEXEC)), wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  SLUICE_CHECK(epoll_fd_ >= 0 && wake_fd_ >= 0, "a test has no file descriptors left");
  epoll_event event = EventOf(wake_fd_, event::kRead);
  epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, wake_fd_, &event);
}

EpollLoop::~EpollLoop() {
  close(wake_fd_);
  close(epoll_fd_);
}

void EpollLoop::Watch(int fd, uint8_t interest, event::Watcher* watcher) {
  SLUICE_CHECK(watchers_.emplace(fd, watcher).second, "an fd is watched twice");
  epoll_event event = EventOf(fd, interest);
  SLUICE_CHECK(epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) == 0, "an fd cannot be watched");
  ++epoll_changes_;
}

void EpollLoop::Rewatch(int fd, uint8_t interest) {
  epoll_event event = EventOf(fd, interest);
  SLUICE_CHECK(epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, fd, &event) == 0,
               "an fd that is not watched is changed");
  ++epoll_changes_;
}

void EpollLoop::Unwatch(int fd) {
  SLUICE_CHECK(watchers_.erase(fd) == 1, "an fd that is not watched is taken back");
  SLUICE_CHECK(epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr) == 0,
               "an fd was closed while it was watched");
  ++epoll_changes_;
}

void EpollLoop::Forget(int fd) {
  SLUICE_CHECK(watchers_.erase(fd) == 1, "an fd that is not watched is forgotten");
}

void EpollLoop::Post(std::function<void()> task) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    posted_.push_back(std::move(task));
  }
  eventfd_write(wake_fd_, 1);
}

bool EpollLoop::RunUntil(const std::function<bool()>& done, event::Millis limit) {
  auto deadline = std::chrono::steady_clock::now() + limit;
  // What was deferred between turns, by the test itself.
  BeginTurn();
  EndTurn();
  while (!done()) {
    auto now = std::chrono::steady_clock::now();
    if (now >= deadline) return false;
    auto next = std::min(deadline, timers().Next());
    auto wait = std::chrono::ceil<std::chrono::milliseconds>(next - now).count();
    // What `done` looks at may be another thread's, which does not wake this one.
    Turn(static_cast<int>(std::clamp<int64_t>(wait, 0, 5)));
  }
  return true;
}

void EpollLoop::Turn(int wait_ms) {
  epoll_event events[64];
  int count = epoll_wait(epoll_fd_, events, 64, wait_ms);
  BeginTurn();
  for (int i = 0; i < count; ++i) {
    int fd = events[i].data.fd;
    if (fd == wake_fd_) {
      eventfd_t value;
      eventfd_read(wake_fd_, &value);
      continue;
    }
    auto watcher = watchers_.find(fd);
    if (watcher == watchers_.end()) continue;
    watcher->second->OnReady({(events[i].events & EPOLLIN) != 0, (events[i].events & EPOLLOUT) != 0,
                              (events[i].events & (EPOLLHUP | EPOLLERR)) != 0});
  }
  std::vector<std::function<void()>> posted;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    posted.swap(posted_);
  }
  for (auto& task : posted) task();
  EndTurn();
}

}  // namespace sluice::test
