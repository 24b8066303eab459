// Wall-clock time, passed in so that tests can hold it still. Thread-safe.
#pragma once

#include "absl/time/time.h"

namespace sluice::base {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
};

class SystemClock : public Clock {
 public:
  absl::Time Now() const override;
};

}  // namespace sluice::base
