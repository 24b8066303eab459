// The end of a connection whose client may still be sending: a plain close would answer those bytes
// with a reset, which can destroy the answer before the client has read it. So: no more bytes from
// us, and what comes is thrown away until the client closes, for a while and up to some amount.
#pragma once

#include <chrono>
#include <cstddef>

#include "dataplane/event/timer.h"

namespace sluice::edge {

class LingeringClose {
 public:
  static constexpr std::chrono::milliseconds kLongest{1000};
  static constexpr size_t kMostBytes = 8 * 1024 * 1024;

  enum class Outcome {
    kDone,   // close now
    kWait,   // until the socket is readable or the deadline has come
    kAgain,  // there is more to throw away; others first
  };

  void Begin(int fd, event::MonoTime now);
  event::MonoTime deadline() const { return deadline_; }
  // `buffer` is for bytes nobody wants.
  Outcome Discard(int fd, char* buffer, size_t buffer_size);

 private:
  event::MonoTime deadline_{};
  size_t discarded_ = 0;
};

}  // namespace sluice::edge
