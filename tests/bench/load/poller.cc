#include "tests/bench/load/poller.h"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "common/base/check.h"

namespace sluice::bench {
namespace {

constexpr size_t kMostEvents = 256;

timespec Left(SteadyTime end) {
  const auto left = std::max(std::chrono::nanoseconds(0),
                             std::chrono::nanoseconds(end - std::chrono::steady_clock::now()));
  constexpr int64_t kSecond = 1'000'000'000;
  return {static_cast<time_t>(left.count() / kSecond), static_cast<long>(left.count() % kSecond)};
}

}  // namespace

Poller::Poller() : epoll_fd_(epoll_create1(EPOLL_CLOEXEC)) {
  SLUICE_CHECK(epoll_fd_ >= 0, "there is no epoll");
  // By default the kernel lets a wait last up to 50 us longer, which would be in every figure.
  prctl(PR_SET_TIMERSLACK, 1);
}

Poller::~Poller() { close(epoll_fd_); }

void Poller::Watch(int fd, uint32_t events, Watcher* watcher) {
  epoll_event event{.events = events, .data = {.ptr = watcher}};
  const int result = epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event);
  SLUICE_CHECK(result == 0, "epoll takes no open socket");
}

void Poller::Rewatch(int fd, uint32_t events, Watcher* watcher) {
  epoll_event event{.events = events, .data = {.ptr = watcher}};
  const int result = epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, fd, &event);
  SLUICE_CHECK(result == 0, "epoll takes no open socket");
}

void Poller::Unwatch(int fd) { epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr); }

void Poller::Turn(SteadyTime end) {
  std::array<epoll_event, kMostEvents> events;
  const timespec left = Left(end);
  const int count = epoll_pwait2(epoll_fd_, events.data(), events.size(), &left, nullptr);
  for (int i = 0; i < count; ++i) {
    static_cast<Watcher*>(events[i].data.ptr)->OnReady(events[i].events);
  }
}

}  // namespace sluice::bench
