// "host:port" as flags have it: an IPv4 address, a bracketed IPv6 address, or a name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sluice::base {

struct HostPort {
  std::string host;  // without brackets
  uint16_t port = 0;

  std::string ToString() const;  // with brackets where needed
  // 127.0.0.0/8, ::1 or "localhost".
  bool IsLoopback() const;
};

// InvalidArgument names the text and what is wrong with it.
absl::StatusOr<HostPort> ParseHostPort(std::string_view text);

}  // namespace sluice::base
