// How often each RPC ended how, and how long writes take. Thread-safe.
#pragma once

#include <grpcpp/support/status.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "controlplane/publish/latency_histogram.h"

namespace sluice::service {

std::string_view CodeName(grpc::StatusCode code);  // e.g. "NOT_FOUND"

class RpcCounters {
 public:
  using Key = std::pair<std::string, grpc::StatusCode>;  // full method name

  void Count(std::string_view method, grpc::StatusCode code) {
    absl::MutexLock lock(&mutex_);
    ++counts_[Key(method, code)];
  }
  // A call of that RPC took so long on its work thread.
  void Took(std::string_view method, absl::Duration time);
  const publish::LatencyHistogram& writes() const { return writes_; }
  std::map<Key, uint64_t> Counts() const {
    absl::MutexLock lock(&mutex_);
    return counts_;
  }

 private:
  mutable absl::Mutex mutex_;
  std::map<Key, uint64_t> counts_ ABSL_GUARDED_BY(mutex_);
  publish::LatencyHistogram writes_;
};

}  // namespace sluice::service
