#include "dataplane/edge/worker_loop.h"

#include <pistache/os.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "dataplane/edge/contain.h"

namespace sluice::edge {
namespace {

using Pistache::Flags;
using Pistache::Polling::Mode;
using Pistache::Polling::NotifyOn;
using Pistache::Polling::Tag;

Flags<NotifyOn> ToFlags(uint8_t interest) {
  Flags<NotifyOn> flags;
  if (interest & event::kRead) flags.setFlag(NotifyOn::Read);
  if (interest & event::kWrite) flags.setFlag(NotifyOn::Write);
  return flags;
}

Tag TagOf(int fd) { return Tag(static_cast<uint64_t>(fd)); }

}  // namespace

WorkerLoop::~WorkerLoop() {
  if (timer_fd_ >= 0) close(timer_fd_);
  if (wake_fd_ >= 0) close(wake_fd_);
}

absl::Status WorkerLoop::Bind(Pistache::Polling::Epoll& poller) {
  poller_ = &poller;
  timer_fd_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  wake_fd_ = timer_fd_ < 0 ? -1 : eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (wake_fd_ < 0) {
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot create a worker's event loop: ", strerror(errno)));
  }
  const bool added = Contain("adding a worker's own events", [&] {
    poller.addFd(timer_fd_, Flags<NotifyOn>(NotifyOn::Read), TagOf(timer_fd_), Mode::Edge);
    poller.addFd(wake_fd_, Flags<NotifyOn>(NotifyOn::Read), TagOf(wake_fd_), Mode::Edge);
  });
  return added ? absl::OkStatus()
               : absl::ResourceExhaustedError("cannot add a worker's own events to its poller");
}

WorkerLoop::Watched* WorkerLoop::Find(int fd) {
  if (fd < 0 || static_cast<size_t>(fd) >= watched_.size()) return nullptr;
  Watched& watched = watched_[static_cast<size_t>(fd)];
  return watched.watcher == nullptr ? nullptr : &watched;
}

void WorkerLoop::Watch(int fd, uint8_t interest, event::Watcher* watcher) {
  if (static_cast<size_t>(fd) >= watched_.size()) watched_.resize(static_cast<size_t>(fd) + 1);
  watched_[static_cast<size_t>(fd)] = {watcher, interest};
  Register(fd, interest);
}

void WorkerLoop::Rewatch(int fd, uint8_t interest) {
  Watched* watched = Find(fd);
  if (watched == nullptr || watched->interest == interest) return;
  const uint8_t before = watched->interest;
  watched->interest = interest;
  if (before == event::kNone) return Register(fd, interest);
  if (interest == event::kNone) return Unregister(fd);
  Contain("changing what is watched on an fd",
          [&] { poller_->rearmFd(fd, ToFlags(interest), TagOf(fd), Mode::Level); });
}

void WorkerLoop::Unwatch(int fd) {
  Watched* watched = Find(fd);
  if (watched == nullptr) return;
  if (watched->interest != event::kNone) Unregister(fd);
  *watched = Watched();
}

void WorkerLoop::Forget(int fd) {
  if (Watched* watched = Find(fd); watched != nullptr) *watched = Watched();
}

// An fd nobody wants anything from is not in the poller: it would still report a hang-up, at every
// turn.
void WorkerLoop::Register(int fd, uint8_t interest) {
  if (interest == event::kNone) return;
  Contain("watching an fd", [&] { poller_->addFd(fd, ToFlags(interest), TagOf(fd), Mode::Level); });
}

void WorkerLoop::Unregister(int fd) {
  Contain("unwatching an fd", [&] { poller_->removeFd(fd); });
}

void WorkerLoop::Post(std::function<void()> task) {
  if (!TryPost(std::move(task))) spdlog::debug("edge: a task posted to a worker was dropped");
}

bool WorkerLoop::TryPost(std::function<void()> task) {
  bool first = false;
  {
    absl::MutexLock lock(&mutex_);
    if (ended_) return false;
    if (posted_.size() >= kMaxPosted) {
      spdlog::error("edge: {} tasks wait for a worker, one more is dropped", kMaxPosted);
      return false;
    }
    first = posted_.empty();
    posted_.push_back(std::move(task));
  }
  if (first) Wake();
  return true;
}

void WorkerLoop::Wake() {
  // Fails only when the counter is full, and then the event stands already.
  eventfd_write(wake_fd_, 1);
}

void WorkerLoop::End() {
  std::vector<std::function<void()>> dropped;
  absl::MutexLock lock(&mutex_);
  ended_ = true;
  dropped.swap(posted_);
}

bool WorkerLoop::Dispatch(int fd, event::Ready ready) {
  if (fd == timer_fd_) {
    armed_for_ = event::MonoTime::max();
    return true;
  }
  if (fd == wake_fd_) {
    woken_ = true;
    return true;
  }
  Watched* watched = Find(fd);
  if (watched == nullptr) return false;
  event::Watcher* watcher = watched->watcher;
  Contain("an upstream event", [&] { watcher->OnReady(ready); });
  return true;
}

void WorkerLoop::RunPosted() {
  if (!woken_) return;
  woken_ = false;
  std::vector<std::function<void()>> tasks;
  {
    absl::MutexLock lock(&mutex_);
    tasks.swap(posted_);
  }
  for (std::function<void()>& task : tasks) Contain("a posted task", task);
}

void WorkerLoop::Finish() {
  Contain("a timer or deferred task", [this] { EndTurn(); });
}

void WorkerLoop::ArmTimer() {
  const event::MonoTime next = timers().Next();
  if (next >= armed_for_) return;
  using std::chrono::duration_cast;
  using std::chrono::nanoseconds;
  // steady_clock is CLOCK_MONOTONIC here. Zero would disarm.
  const int64_t at =
      std::max<int64_t>(duration_cast<nanoseconds>(next.time_since_epoch()).count(), 1);
  itimerspec spec{};
  spec.it_value.tv_sec = at / 1'000'000'000;
  spec.it_value.tv_nsec = at % 1'000'000'000;
  if (timerfd_settime(timer_fd_, TFD_TIMER_ABSTIME, &spec, nullptr) == 0) {
    armed_for_ = next;
  } else {
    spdlog::error("edge: cannot arm a worker's timer: {}", strerror(errno));
  }
}

}  // namespace sluice::edge
