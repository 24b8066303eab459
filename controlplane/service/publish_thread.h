// The thread that hears the bell of a commit, encodes the new revision and rings every node; and
// once a second looks for connections that are stuck, or whose certificate has ended, and after the
// rollout under way.
#pragma once

#include <cstdint>
#include <functional>
#include <thread>

#include "absl/synchronization/mutex.h"
#include "controlplane/publish/publisher.h"
#include "controlplane/publish/watch_hub.h"
#include "controlplane/service/node_roster.h"
#include "controlplane/store/commit_listener.h"

namespace sluice::service {

class PublishThread final : public store::CommitListener {
 public:
  PublishThread(publish::Publisher& publisher, publish::WatchHub& hub, NodeRoster& roster);
  ~PublishThread() override;
  PublishThread(const PublishThread&) = delete;
  PublishThread& operator=(const PublishThread&) = delete;

  void OnCommit(int64_t revision) override;
  // Called once a second on the thread, from the next second on. Returns when the former work is
  // not at it any more.
  void EachSecond(std::function<void()> work);

 private:
  void Run();
  // False: it failed, and is to be tried again.
  bool Publish();
  // Gives the system back what a large change has left behind.
  void TrimMemory();
  bool IsCalled() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return rung_ || ending_; }

  publish::Publisher& publisher_;
  publish::WatchHub& hub_;
  NodeRoster& roster_;
  absl::Mutex mutex_;
  bool rung_ ABSL_GUARDED_BY(mutex_) = false;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Mutex work_mutex_;  // held while the work is done
  std::function<void()> each_second_ ABSL_GUARDED_BY(work_mutex_) = [] {};
  // The thread's.
  size_t trimmed_at_ = 0;  // bytes of the configuration
  int sweeps_to_trim_ = 0;
  std::thread thread_;
};

}  // namespace sluice::service
