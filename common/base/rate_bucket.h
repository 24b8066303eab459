// So many in a second, and as many at once after a quiet one. One thread.
#pragma once

#include <algorithm>
#include <cstdint>

#include "absl/time/time.h"

namespace sluice::base {

class RateBucket {
 public:
  // 0: none ever.
  explicit RateBucket(int64_t per_second = 0)
      : per_second_(static_cast<double>(per_second)), left_(per_second_) {}

  // False: this one is too many. A clock that is put back costs nothing and gives nothing.
  bool Take(absl::Time now) {
    if (now > filled_) {
      left_ = std::min(per_second_, left_ + absl::ToDoubleSeconds(now - filled_) * per_second_);
    }
    filled_ = now;
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
  }

 private:
  double per_second_;
  double left_;
  absl::Time filled_ = absl::InfiniteFuture();  // until the first
};

}  // namespace sluice::base
