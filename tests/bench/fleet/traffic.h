// Requests through data planes, one thread each, until it is told to stop.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "tests/bench/fleet/probe.h"
#include "tests/bench/fleet/samples.h"

namespace sluice::bench {

class Traffic {
 public:
  struct Result {
    int64_t requests = 0;
    int64_t failures = 0;       // anything but a 200
    std::string first_failure;  // empty if there was none
    Samples times;
  };

  // A request to each port every `pause`, or as soon as the one before is answered.
  Traffic(const std::vector<uint16_t>& ports, const std::string& key,
          std::chrono::microseconds pause, std::chrono::milliseconds patience = test::kPatience);
  ~Traffic() { Stop(); }
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;

  // Ends it after the requests under way.
  Result Stop();

 private:
  void Run(Probe probe, uint16_t port, std::chrono::microseconds pause);

  std::atomic<bool> stopping_{false};
  absl::Mutex mutex_;
  Result result_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

}  // namespace sluice::bench
