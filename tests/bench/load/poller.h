// What the sockets of the load generator wait in: an epoll whose waits end to the microsecond, as
// requests are due at times that lie closer together than a millisecond.
//
// One thread. Watchers outlive what they watch.
#pragma once

#include <chrono>
#include <cstdint>

namespace sluice::bench {

using SteadyTime = std::chrono::steady_clock::time_point;

class Watcher {
 public:
  virtual ~Watcher() = default;
  // `events` as of epoll. May watch and unwatch anything.
  virtual void OnReady(uint32_t events) = 0;
};

class Poller {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  void Watch(int fd, uint32_t events, Watcher* watcher);
  void Rewatch(int fd, uint32_t events, Watcher* watcher);
  void Unwatch(int fd);

  // Waits until something is ready or `end` has come, whichever is first, and tells the watchers.
  void Turn(SteadyTime end);

 private:
  int epoll_fd_;
};

}  // namespace sluice::bench
