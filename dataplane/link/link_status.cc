#include "dataplane/link/link_status.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_join.h"

namespace sluice::link {

void LinkStatus::Resumed(const std::string& epoch, int64_t revision, absl::Time confirmed_at) {
  absl::MutexLock lock(&mutex_);
  state_.epoch = epoch;
  state_.revision = revision;
  confirmed_at_ = confirmed_at;
}

void LinkStatus::Connected() {
  absl::MutexLock lock(&mutex_);
  state_.connected = true;
  ++state_.connects;
  link_error_.clear();
}

void LinkStatus::Disconnected(const std::string& why) {
  absl::MutexLock lock(&mutex_);
  // Up to this moment the control plane would have sent anything newer.
  if (state_.live) confirmed_at_ = clock_.Now();
  state_.connected = false;
  state_.live = false;
  link_error_ = why;
}

void LinkStatus::Confirmed() {
  absl::MutexLock lock(&mutex_);
  state_.live = true;
  confirmed_at_ = clock_.Now();
  refusal_.clear();
}

void LinkStatus::Applied(const std::string& epoch, int64_t revision) {
  absl::MutexLock lock(&mutex_);
  state_.epoch = epoch;
  state_.revision = revision;
  state_.stored = false;
  ++state_.applied;
}

void LinkStatus::Refused(const std::string& why) {
  absl::MutexLock lock(&mutex_);
  if (state_.live) confirmed_at_ = clock_.Now();
  state_.live = false;
  ++state_.refused;
  refusal_ = why;
}

void LinkStatus::Stored() {
  absl::MutexLock lock(&mutex_);
  state_.stored = true;
  store_error_.clear();
}

void LinkStatus::StoreFailed(const std::string& why) {
  absl::MutexLock lock(&mutex_);
  ++state_.store_failures;
  store_error_ = why;
}

bool LinkStatus::live() const {
  absl::MutexLock lock(&mutex_);
  return state_.live;
}

observe::ConfigurationState LinkStatus::State() const {
  absl::MutexLock lock(&mutex_);
  observe::ConfigurationState state = state_;
  if (!state.live && confirmed_at_ != absl::InfinitePast()) {
    state.age_seconds = std::max(0.0, absl::ToDoubleSeconds(clock_.Now() - confirmed_at_));
  }
  std::vector<std::string> errors;
  for (const std::string& error : {link_error_, refusal_, store_error_}) {
    if (!error.empty()) errors.push_back(error);
  }
  state.last_error = absl::StrJoin(errors, "; ");
  return state;
}

}  // namespace sluice::link
