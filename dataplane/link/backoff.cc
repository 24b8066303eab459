#include "dataplane/link/backoff.h"

#include <algorithm>

namespace sluice::link {

std::chrono::milliseconds Backoff::Next() {
  std::uniform_int_distribution<int64_t> evenly(0, ceiling_.count());
  const std::chrono::milliseconds wait(evenly(random_));
  ceiling_ = std::min(ceiling_ * 2, range_.last);
  return wait;
}

}  // namespace sluice::link
