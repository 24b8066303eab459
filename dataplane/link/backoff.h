// How long to wait before the next attempt: full jitter, so that a thousand nodes that lost the
// same control plane do not come back in step. Pure, one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace sluice::link {

class Backoff {
 public:
  struct Range {
    std::chrono::milliseconds first{250};
    std::chrono::milliseconds last{30'000};
  };
  Backoff(Range range, uint64_t seed) : range_(range), ceiling_(range.first), random_(seed) {}

  // Evenly between 0 and a ceiling that begins at `first` and doubles with each call up to `last`.
  std::chrono::milliseconds Next();
  // The ceiling begins anew.
  void Reset() { ceiling_ = range_.first; }

 private:
  const Range range_;
  std::chrono::milliseconds ceiling_;
  std::mt19937_64 random_;
};

}  // namespace sluice::link
