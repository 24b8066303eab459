// Who asked for a transfer, and is told what comes of it. All calls on the worker's thread; after
// OnResponseEnd or OnFailure there is none. A call may release the transfer.
#pragma once

#include <string_view>

#include "dataplane/http/handler.h"
#include "dataplane/http/message.h"
#include "dataplane/upstream/failure.h"

namespace sluice::upstream {

class Observer {
 public:
  // The final head (never 1xx), checked. May be changed by the observer; valid during the call.
  virtual void OnResponseHead(http::ResponseHead& head) = 0;
  // A piece of the body as it arrived. kFull: call Transfer::ResumeResponse to get more.
  virtual http::Flow OnResponseBody(std::string_view bytes) = 0;
  virtual void OnResponseEnd() = 0;
  virtual void OnFailure(const Failure& failure) = 0;
  // After Transfer::Push returned kFull: buffer_low_bytes or less wait now.
  virtual void OnRequestDrained() = 0;

 protected:
  ~Observer() = default;
};

}  // namespace sluice::upstream
