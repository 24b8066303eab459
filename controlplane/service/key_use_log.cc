#include "controlplane/service/key_use_log.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "common/base/text.h"

namespace sluice::service {
namespace {

constexpr int kTicks = 10;

}  // namespace

void KeyUseLog::Tick() {
  if (++ticks_ < kTicks) return;
  ticks_ = 0;
  Write();
}

void KeyUseLog::Write() {
  absl::MutexLock lock(&moving_);
  const publish::KeyUses::Times times = uses_.Take();
  if (times.empty()) return;
  const absl::Status status = store_.NoteKeyUses(times);
  if (status.ok()) return;
  spdlog::warn("when client keys were used last cannot be written: {}",
               base::ToStd(status.message()));
  uses_.PutBack(times);
}

absl::StatusOr<publish::KeyUses::Times> KeyUseLog::LastUses() {
  absl::MutexLock lock(&moving_);
  const publish::KeyUses::Times pending = uses_.Pending();
  auto times = store_.KeyUses();
  if (!times.ok()) return times.status();
  for (const auto& [id, at] : pending) {
    absl::Time& last = times->try_emplace(id, at).first->second;
    last = std::max(last, at);
  }
  return times;
}

}  // namespace sluice::service
