// Measured times and what is said of them. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "tests/bench/fleet/timetable.h"

namespace sluice::bench {

class Samples {
 public:
  void Add(SteadyClock::duration time) {
    milliseconds_.push_back(std::chrono::duration<double, std::milli>(time).count());
  }
  void AddAll(const Samples& other);

  size_t size() const { return milliseconds_.size(); }
  bool empty() const { return milliseconds_.empty(); }
  // Milliseconds; the smallest value that `percent` of all do not exceed. 0 if there are none.
  double Percentile(double percent) const;
  double median() const { return Percentile(50); }
  double max() const { return Percentile(100); }
  // "p50 3.1, p99 7.0, max 9.4 ms (200)".
  std::string Text() const;

 private:
  std::vector<double> milliseconds_;
};

}  // namespace sluice::bench
