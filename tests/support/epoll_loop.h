// An event::Loop on an epoll of its own, for tests of what needs a loop but no listener. One
// thread, but for Post.
#pragma once

#include <functional>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "dataplane/event/loop.h"

namespace sluice::test {

class EpollLoop : public event::Loop {
 public:
  EpollLoop();
  ~EpollLoop() override;

  void Watch(int fd, uint8_t interest, event::Watcher* watcher) override;
  void Rewatch(int fd, uint8_t interest) override;
  void Unwatch(int fd) override;
  void Forget(int fd) override;
  void Post(std::function<void()> task) override;

  // Takes turns until `done` holds. False if `limit` passes first.
  bool RunUntil(const std::function<bool()>& done, event::Millis limit = event::Millis(10'000));
  // How often an fd was given to the kernel to watch, or changed, or taken back.
  int epoll_changes() const { return epoll_changes_; }

 private:
  void Turn(int wait_ms);

  int epoll_fd_;
  int wake_fd_;
  int epoll_changes_ = 0;
  std::unordered_map<int, event::Watcher*> watchers_;
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;
};

}  // namespace sluice::test
