// The limits that a listener keeps on its connections. The defaults are the documented ones; the
// data port takes them from the settings of the current snapshot at the start of each request.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sluice::http {

struct Limits {
  size_t max_request_line_bytes = 16 * 1024;
  size_t max_header_bytes = 64 * 1024;
  size_t max_header_fields = 128;
  std::chrono::milliseconds header_timeout{10'000};      // first byte of a request to end of head
  std::chrono::milliseconds body_idle_timeout{30'000};   // without one byte of a body we wait for
  std::chrono::milliseconds keep_alive_timeout{75'000};  // between two requests
  std::chrono::milliseconds write_stall_timeout{
      60'000};                            // client takes no byte of what waits for it
  size_t buffer_high_bytes = 256 * 1024;  // waiting bytes at which a source is told "full"
  size_t buffer_low_bytes = 64 * 1024;    // waiting bytes at which it is told to go on
};

}  // namespace sluice::http
