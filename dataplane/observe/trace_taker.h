// Who makes spans of requests whose trace is sampled. Told by the recorder; one call at a time, and
// none may wait.
#pragma once

#include <cstdint>

#include "dataplane/observe/request_record.h"

namespace sluice::observe {

class TraceTaker {
 public:
  // `record.trace` is not null.
  virtual void Take(const RequestRecord& record) = 0;
  // Of so many such requests there is no record, for want of room before.
  virtual void Miss(uint64_t requests) = 0;

 protected:
  ~TraceTaker() = default;
};

}  // namespace sluice::observe
