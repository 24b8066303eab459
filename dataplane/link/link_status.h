// What the link has come to, written by its thread and read by everyone who shows it. Any thread.
#pragma once

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "dataplane/observe/configuration_state.h"

namespace sluice::link {

class LinkStatus {
 public:
  // `clock` must outlive the object.
  explicit LinkStatus(const base::Clock& clock) : clock_(clock) {}

  // A configuration that is served from the start, and when the control plane gave it.
  void Resumed(const std::string& epoch, int64_t revision, absl::Time confirmed_at);
  void Connected();
  // `why`: one sentence. Also for an attempt that never came to a connection.
  void Disconnected(const std::string& why);
  // What is served is what the control plane has.
  void Confirmed();
  // A configuration was published. It is not on disk yet.
  void Applied(const std::string& epoch, int64_t revision);
  void Refused(const std::string& why);
  void Stored();
  void StoreFailed(const std::string& why);

  bool live() const;
  observe::ConfigurationState State() const;

 private:
  const base::Clock& clock_;
  mutable absl::Mutex mutex_;
  observe::ConfigurationState state_ ABSL_GUARDED_BY(mutex_);
  absl::Time confirmed_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  // Failures that still stand.
  std::string link_error_ ABSL_GUARDED_BY(mutex_);
  std::string refusal_ ABSL_GUARDED_BY(mutex_);
  std::string store_error_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::link
