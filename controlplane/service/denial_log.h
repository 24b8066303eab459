// Says who was denied what: a line for each call, so many a minute, so that who knocks cannot fill
// the disk. Thread-safe.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"

namespace sluice::service {

class DenialLog {
 public:
  static constexpr int kLinesAMinute = 30;

  // `clock` must outlive the object.
  explicit DenialLog(const base::Clock& clock) : clock_(clock) {}

  // Nothing, unless `status` is Unauthenticated or PermissionDenied.
  void Say(std::string_view method, std::string_view peer, const absl::Status& status);

 private:
  // Whether there is room for one more line; how many had none in the minute before.
  bool TakeTurn(int* unsaid);

  const base::Clock& clock_;
  absl::Mutex mutex_;
  absl::Time minute_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  int said_ ABSL_GUARDED_BY(mutex_) = 0;
  int unsaid_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace sluice::service
