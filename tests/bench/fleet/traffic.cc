#include "tests/bench/fleet/traffic.h"

namespace sluice::bench {

Traffic::Traffic(const std::vector<uint16_t>& ports, const std::string& key,
                 std::chrono::microseconds pause, std::chrono::milliseconds patience) {
  for (const uint16_t port : ports) {
    threads_.emplace_back(
        [this, port, key, pause, patience] { Run(Probe(port, key, patience), port, pause); });
  }
}

Traffic::Result Traffic::Stop() {
  stopping_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  absl::MutexLock lock(&mutex_);
  return result_;
}

void Traffic::Run(Probe probe, uint16_t port, std::chrono::microseconds pause) {
  Result own;
  auto next = SteadyClock::now();
  while (!stopping_) {
    const auto begin = SteadyClock::now();
    const int status = probe.Ask();
    own.times.Add(SteadyClock::now() - begin);
    ++own.requests;
    if (status != 200 && own.failures++ == 0) {
      own.first_failure = "port " + std::to_string(port) + ": " + probe.error();
    }
    next = std::max(next + pause, SteadyClock::now());
    std::this_thread::sleep_until(next);
  }
  absl::MutexLock lock(&mutex_);
  result_.requests += own.requests;
  result_.failures += own.failures;
  if (result_.first_failure.empty()) result_.first_failure = own.first_failure;
  result_.times.AddAll(own.times);
}

}  // namespace sluice::bench
