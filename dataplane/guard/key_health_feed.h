// States of provider keys on their way from the workers, which find them out, to the link, which
// tells the fleet. Of each key the newest alone: a burst of changes is one.
//
// Any thread; locked only when a state changes.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "dataplane/guard/key_health.h"

namespace sluice::guard {

class KeyHealthFeed {
 public:
  // `bell` is called after each Tell, on the thread that tells; it must return at once. An empty
  // one takes it away: when SetBell returns, the former is not running and is not called again.
  void SetBell(std::function<void()> bell);

  void Tell(KeyReport report);
  // What has been told since the last call.
  std::vector<KeyReport> Take();

 private:
  absl::Mutex mutex_;
  std::function<void()> bell_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, KeyReport> told_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::guard
