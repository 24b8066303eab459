// Request ids: unique over all workers and restarts, cheap to make, and telling nothing.
#pragma once

#include <cstdint>
#include <string>

namespace sluice::proxy {

// One worker's. The first half is random and drawn once, the second counts.
class RequestIds {
 public:
  RequestIds();
  std::string Next();  // "req_" + 26 characters

 private:
  std::string prefix_;
  uint64_t next_ = 0;
};

}  // namespace sluice::proxy
