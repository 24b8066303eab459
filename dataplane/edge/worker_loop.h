// A worker's event loop on the poller of its Pistache reactor.
//
// Created and bound on the starting thread, then used on the worker's thread only, Post and Wake
// excepted. It knows the fds of others by a table (fd -> watcher) and owns two: a timer, armed
// again only when something is due earlier than it is armed for, and an event by which other
// threads wake the worker. Both are edge-triggered and never read, which saves a system call per
// turn.
#pragma once

#include <functional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "dataplane/event/loop.h"

namespace Pistache::Polling {
class Epoll;
}

namespace sluice::edge {

class WorkerLoop final : public event::Loop {
 public:
  // Tasks that may wait; one more is dropped and logged.
  static constexpr size_t kMaxPosted = 64 * 1024;

  WorkerLoop() = default;
  ~WorkerLoop() override;

  // `poller` must stay as long as fds are watched.
  absl::Status Bind(Pistache::Polling::Epoll& poller);

  void Watch(int fd, uint8_t interest, event::Watcher* watcher) override;
  void Rewatch(int fd, uint8_t interest) override;
  void Unwatch(int fd) override;
  void Forget(int fd) override;
  void Post(std::function<void()> task) override;
  // False if the task was not taken.
  bool TryPost(std::function<void()> task);
  // From any thread: makes the loop turn once more.
  void Wake();
  // Nothing that is posted from now on will run.
  void End();

  // For who runs the turns.
  void Begin() { BeginTurn(); }
  // True if the event was for a watcher, the timer or the wake-up.
  bool Dispatch(int fd, event::Ready ready);
  // What was posted, if the wake-up came.
  void RunPosted();
  // Timers and deferred work. May be called again in one turn.
  void Finish();
  void ArmTimer();

 private:
  struct Watched {
    event::Watcher* watcher = nullptr;
    uint8_t interest = event::kNone;
  };
  Watched* Find(int fd);
  void Register(int fd, uint8_t interest);
  void Unregister(int fd);

  Pistache::Polling::Epoll* poller_ = nullptr;
  std::vector<Watched> watched_;  // by fd
  int timer_fd_ = -1;
  int wake_fd_ = -1;
  bool woken_ = false;
  event::MonoTime armed_for_ = event::MonoTime::max();

  absl::Mutex mutex_;
  std::vector<std::function<void()>> posted_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace sluice::edge
