// Brings the records of ended requests from the workers to the access log, to the accounts and to
// whoever watches live: a thread of its own, so that no worker waits for a disk.
//
// Every kPeriod it takes what there is, and sooner where there is much: a worker that shares its
// core is not held up by a long turn. Once a second the accounts are synced and the link is told.
// A killed process loses what ended within the last kPeriod; a machine without power, within the
// last second.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "dataplane/observe/access_log.h"
#include "dataplane/observe/record_queue.h"
#include "dataplane/observe/tail_feed.h"
#include "dataplane/observe/trace_taker.h"
#include "dataplane/observe/usage_spool.h"

namespace sluice::observe {

class Recorder {
 public:
  static constexpr std::chrono::milliseconds kPeriod{50};
  static constexpr std::chrono::milliseconds kBusyPeriod{5};
  static constexpr size_t kMany = 8;  // records of one turn: the next comes after kBusyPeriod
  static constexpr std::chrono::milliseconds kSyncPeriod{1000};

  // `access_log`, `traces`, `tail`: null for none. All outlive this.
  Recorder(std::string node, UsageSpool& spool, AccessLog* access_log, TraceTaker* traces = nullptr,
           TailFeed* tail = nullptr);
  ~Recorder();  // what there is then is written and synced
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // One per worker, before Start; valid as long as this object.
  RecordQueue& AddQueue();
  // `bell`: the spool may have something to send; `tail_bell`: the tail has. Called on the
  // recorder's thread, must return at once.
  void Start(std::function<void()> bell, std::function<void()> tail_bell = {});
  // Writes and syncs what has ended by now. Any thread.
  void Settle();

 private:
  void Run();
  // How many there were.
  size_t TakeAll() ABSL_EXCLUSIVE_LOCKS_REQUIRED(taking_);

  const std::string node_;
  UsageSpool& spool_;
  AccessLog* const access_log_;
  TraceTaker* const traces_;
  TailFeed* const tail_;
  std::function<void()> bell_;
  std::function<void()> tail_bell_;

  absl::Mutex mutex_;
  std::deque<RecordQueue> queues_ ABSL_GUARDED_BY(mutex_);
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Mutex taking_;  // whoever holds it is the spool's writer
  std::thread thread_;
};

}  // namespace sluice::observe
