// Looks at each data plane's /readyz all the time, and streams answers through it: whatever happens
// around it, it serves, what it streams is whole, and its revision never falls.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace sluice::test {

class FleetWatch {
 public:
  struct Node {
    uint16_t port;      // of requests
    uint16_t ops_port;  // of /readyz
  };
  struct Result {
    int64_t looks = 0;
    int64_t streams = 0;
    std::vector<std::string> complaints;
  };

  // `patience`: for one answer; a data plane may be stopped meanwhile.
  FleetWatch(const std::vector<Node>& nodes, const std::string& key,
             std::chrono::milliseconds patience);
  ~FleetWatch() { Stop(); }
  FleetWatch(const FleetWatch&) = delete;
  FleetWatch& operator=(const FleetWatch&) = delete;

  // After what is under way.
  Result Stop();

 private:
  void Look(size_t number, uint16_t ops_port);
  void Stream(size_t number, uint16_t port, const std::string& key);
  // What is wrong with a stream; empty if it was whole.
  std::string StreamOnce(uint16_t port, const std::string& key) const;
  void Complain(size_t number, const std::string& what);

  const std::chrono::milliseconds patience_;
  std::atomic<bool> stopping_{false};
  absl::Mutex mutex_;
  Result result_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

}  // namespace sluice::test
