#include "common/base/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "common/base/text.h"

namespace sluice::base {
namespace {

constexpr size_t kMaxHostBytes = 253;

absl::Status Wrong(std::string_view text, std::string_view what) {
  return absl::InvalidArgumentError(
      Cat("the address \"", Escaped(text.substr(0, 300)), "\" ", what));
}

bool IsIpv4(const std::string& host) {
  in_addr address = {};
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool IsIpv6(const std::string& host) {
  in6_addr address = {};
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool IsNumeric(std::string_view host) {
  return std::all_of(host.begin(), host.end(),
                     [](char c) { return absl::ascii_isdigit(c) || c == '.'; });
}

bool IsName(std::string_view host) {
  return host.front() != '-' && host.front() != '.' &&
         std::all_of(host.begin(), host.end(), [](char c) {
           return absl::ascii_isalnum(c) || c == '-' || c == '.' || c == '_';
         });
}

bool ParsePort(std::string_view digits, uint16_t* port) {
  if (digits.empty() || digits.size() > 5) return false;
  if (!std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit)) return false;
  uint32_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (number > 65535) return false;
  *port = static_cast<uint16_t>(number);
  return true;
}

// Takes the host off the front of `rest`, which then is ":port". Empty: wrong, says why in
// `problem`.
std::string TakeHost(std::string_view& rest, std::string_view& problem) {
  if (rest.starts_with("[")) {
    const size_t end = rest.find(']');
    std::string host(rest.substr(1, end == std::string_view::npos ? end : end - 1));
    if (end == std::string_view::npos || !IsIpv6(host)) {
      problem = "has no IPv6 address in its brackets";
      return "";
    }
    rest.remove_prefix(end + 1);
    return host;
  }
  std::string host(rest.substr(0, rest.find(':')));
  rest.remove_prefix(host.size());
  if (std::count(rest.begin(), rest.end(), ':') > 1) {
    problem = "has more than one colon: an IPv6 address stands in brackets, as in [::1]:8080";
    return "";
  }
  if (host.empty()) problem = "has no host: it must be host:port";
  return host;
}

}  // namespace

std::string HostPort::ToString() const {
  if (host.find(':') != std::string_view::npos) return Cat("[", host, "]:", port);
  return Cat(host, ":", port);
}

bool HostPort::IsLoopback() const {
  in_addr v4 = {};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  in6_addr v6 = {};
  if (inet_pton(AF_INET6, host.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
  return EqualsIgnoreCase(host, "localhost");
}

absl::StatusOr<HostPort> ParseHostPort(std::string_view text) {
  std::string_view rest = text;
  std::string_view problem;
  HostPort parsed;
  parsed.host = TakeHost(rest, problem);
  if (parsed.host.empty()) return Wrong(text, problem);
  if (parsed.host.size() > kMaxHostBytes) return Wrong(text, "has a host of more than 253 bytes");
  if (!IsIpv6(parsed.host) && IsNumeric(parsed.host) && !IsIpv4(parsed.host)) {
    return Wrong(text, "has a host that is neither an IPv4 address nor a name");
  }
  if (!IsIpv6(parsed.host) && !IsName(parsed.host)) {
    return Wrong(text, "has a host with a character that no host name has");
  }
  if (!ConsumePrefix(rest, ":")) return Wrong(text, "has no port: it must be host:port");
  if (!ParsePort(rest, &parsed.port)) return Wrong(text, "has a port that is not 0 to 65535");
  return parsed;
}

}  // namespace sluice::base
