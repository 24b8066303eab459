#include "controlplane/publish/key_uses.h"

#include <algorithm>
#include <utility>

#include "controlplane/store/timestamp.h"

namespace sluice::publish {
namespace {

// Ids that a broken node makes up must not fill the memory.
constexpr size_t kMostPending = 1'000'000;
constexpr size_t kMostIdBytes = 64;

}  // namespace

void KeyUses::Keep(const std::string& id, absl::Time at) {
  const auto found = times_.find(id);
  if (found != times_.end()) {
    found->second = std::max(found->second, at);
  } else if (times_.size() < kMostPending) {
    times_.emplace(id, at);
  }
}

void KeyUses::Note(const fleet::v1::Heartbeat& beat, absl::Time now) {
  if (beat.key_uses().empty()) return;
  absl::MutexLock lock(&mutex_);
  for (const fleet::v1::KeyUse& use : beat.key_uses()) {
    if (use.client_key_id().size() > kMostIdBytes) continue;
    Keep(use.client_key_id(), std::min(now, store::ToTime(use.last_used_at())));
  }
}

KeyUses::Times KeyUses::Pending() const {
  absl::MutexLock lock(&mutex_);
  return times_;
}

KeyUses::Times KeyUses::Take() {
  absl::MutexLock lock(&mutex_);
  return std::exchange(times_, {});
}

void KeyUses::PutBack(const Times& times) {
  absl::MutexLock lock(&mutex_);
  for (const auto& [id, at] : times) Keep(id, at);
}

}  // namespace sluice::publish
