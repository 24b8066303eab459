#include "controlplane/service/denial_log.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "common/base/text.h"

namespace sluice::service {

bool DenialLog::TakeTurn(int* unsaid) {
  absl::MutexLock lock(&mutex_);
  const absl::Time now = clock_.Now();
  if (now - minute_ >= absl::Minutes(1)) {
    minute_ = now;
    said_ = 0;
    *unsaid = std::exchange(unsaid_, 0);
  }
  if (said_ < kLinesAMinute) {
    ++said_;
    return true;
  }
  ++unsaid_;
  return false;
}

void DenialLog::Say(std::string_view method, std::string_view peer, const absl::Status& status) {
  if (!absl::IsUnauthenticated(status) && !absl::IsPermissionDenied(status)) return;
  int unsaid = 0;
  if (!TakeTurn(&unsaid)) return;
  if (unsaid > 0) spdlog::warn("{} more calls were denied in the minutes before", unsaid);
  spdlog::warn("{} from {} denied: {}", method, base::Escaped(peer), base::ToStd(status.message()));
}

}  // namespace sluice::service
