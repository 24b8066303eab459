// What is asked of a provider: everything policy has decided, ready for the wire.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "dataplane/http/header_list.h"
#include "dataplane/http/message.h"

namespace sluice::upstream {

struct Request {
  std::string method;
  // scheme://host[:port]; decides alone where the connection goes.
  std::string origin;
  // Origin-form request target, sent as it stands; begins with /, no space or control byte.
  std::string target;
  // Without Host, Content-Length, Transfer-Encoding and Connection.
  http::HeaderList headers;
  http::Framing framing;
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds first_byte_timeout{
      600'000};                                     // end of request to first byte of the answer
  std::chrono::milliseconds idle_timeout{300'000};  // silence while bytes are due
  size_t buffer_high_bytes = 256 * 1024;            // of request body waiting for the provider
  size_t buffer_low_bytes = 64 * 1024;
};

}  // namespace sluice::upstream
