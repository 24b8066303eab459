#include "common/base/clock.h"

#include "absl/time/clock.h"

namespace sluice::base {

absl::Time SystemClock::Now() const { return absl::Now(); }

}  // namespace sluice::base
