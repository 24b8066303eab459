// ParseBaseUrl of config_check.h.
#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/text.h"
#include "common/wire/config_check.h"
#include "common/wire/field_text.h"

namespace sluice::wire {
namespace {

constexpr size_t kMaxUrlBytes = 2048;
constexpr size_t kMaxHostBytes = 253;
constexpr size_t kMaxLabelBytes = 63;

// `url` for a sentence: user info and query may hold secrets, so they are never shown.
std::string Shown(std::string_view url) {
  std::string_view scheme;
  const size_t scheme_end = url.find("://");
  const size_t at = url.rfind('@');
  if (at != std::string_view::npos) {
    if (scheme_end != std::string_view::npos && scheme_end < at) {
      scheme = url.substr(0, scheme_end + 3);
    }
    url.remove_prefix(at);
  }
  return Quoted(base::Cat(scheme, at == std::string_view::npos ? "" : "...",
                          url.substr(0, url.find_first_of("?#"))));
}

absl::Status Wrong(std::string_view url, std::string_view what) {
  return absl::InvalidArgumentError(base::Cat("base_url ", Shown(url), " ", what));
}

// What is wrong with the text as such, before it is taken apart; "" if nothing.
std::string_view ProblemOfText(std::string_view url) {
  if (url.empty()) return "is empty";
  if (url.size() > kMaxUrlBytes) return "is longer than 2048 bytes";
  if (HasControl(url)) return "has a control character";
  if (url.find(' ') != std::string_view::npos) return "has a space";
  if (url.find('\\') != std::string_view::npos) return "has a backslash";
  const bool ascii = std::all_of(url.begin(), url.end(), absl::ascii_isascii);
  return ascii ? "" : "has a character outside ASCII, which must be written as a percent escape";
}

bool IsIpv6(const std::string& text) {
  in6_addr address = {};
  return inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

bool IsIpv4(const std::string& text) {
  in_addr address = {};
  return inet_pton(AF_INET, text.c_str(), &address) == 1;
}

bool IsLabel(std::string_view label) {
  if (label.empty() || label.size() > kMaxLabelBytes) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(),
                     [](char c) { return absl::ascii_isalnum(c) || c == '-' || c == '_'; });
}

// As 127.1, 0x7f.1 or 2130706433: read as an address by some, as a name by others.
bool LooksLikeNumber(std::string_view label) {
  if (label.starts_with("0x")) return true;
  return std::all_of(label.begin(), label.end(), absl::ascii_isdigit);
}

bool IsHostName(const std::string& host) {
  if (host.size() > kMaxHostBytes) return false;
  const std::vector<std::string> labels = absl::StrSplit(host, '.');
  if (!std::all_of(labels.begin(), labels.end(), IsLabel)) return false;
  return !LooksLikeNumber(labels.back()) || IsIpv4(host);
}

// Takes the host off the front of `authority`, which then is empty or ":port". "" if it is good.
std::string_view TakeHost(std::string_view& authority, std::string* host) {
  if (authority.empty() || authority.front() == ':') return "has no host";
  if (authority.front() == '[') {
    const size_t end = authority.find(']');
    if (end == std::string_view::npos) return "has an opening bracket without a closing one";
    *host = base::Lower(authority.substr(0, end + 1));
    authority.remove_prefix(end + 1);
    const bool good = IsIpv6(host->substr(1, host->size() - 2));
    return good ? "" : "has no IPv6 address in its brackets";
  }
  *host = base::Lower(authority.substr(0, authority.find(':')));
  authority.remove_prefix(host->size());
  return IsHostName(*host) ? "" : "has a host that is neither a name nor an address";
}

std::string_view TakePort(std::string_view rest, BaseUrl* parsed) {
  parsed->port = parsed->scheme == "https" ? 443 : 80;
  if (rest.empty()) return "";
  constexpr std::string_view kWrong = "has a port that is not 1 to 65535";
  if (!base::ConsumePrefix(rest, ":")) return "has something other than a port after its host";
  if (rest.empty() || rest.size() > 5) return kWrong;
  if (!std::all_of(rest.begin(), rest.end(), absl::ascii_isdigit)) return kWrong;
  std::from_chars(rest.data(), rest.data() + rest.size(), parsed->port);
  parsed->port_given = true;
  return parsed->port >= 1 && parsed->port <= 65535 ? "" : kWrong;
}

std::string_view TakePath(std::string_view path, BaseUrl* parsed) {
  if (HasDotSegment(path)) return "has a segment . or .. in its path";
  if (!IsPathText(path)) return "has a character or a percent escape that no path may have";
  while (path.ends_with('/')) path.remove_suffix(1);
  parsed->path = std::string(path);
  return "";
}

// `rest` is the URL after "://".
std::string_view TakeParts(std::string_view rest, BaseUrl* parsed) {
  std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  const std::string_view path = rest.substr(authority.size());
  if (authority.find('@') != std::string_view::npos)
    return "must not have user info before its host";
  if (path.find('#') != std::string_view::npos) return "must not have a fragment";
  if (path.find('?') != std::string_view::npos) return "must not have a query";
  std::string_view problem = TakeHost(authority, &parsed->host);
  if (problem.empty()) problem = TakePort(authority, parsed);
  if (problem.empty()) problem = TakePath(path, parsed);
  return problem;
}

}  // namespace

std::string BaseUrl::Origin() const { return base::Cat(scheme, "://", Authority()); }

std::string BaseUrl::Authority() const { return port_given ? base::Cat(host, ":", port) : host; }

absl::StatusOr<BaseUrl> ParseBaseUrl(std::string_view url) {
  if (const std::string_view problem = ProblemOfText(url); !problem.empty()) {
    return Wrong(url, problem);
  }
  BaseUrl parsed;
  const size_t scheme_end = url.find("://");
  if (scheme_end != std::string_view::npos) {
    parsed.scheme = base::Lower(url.substr(0, scheme_end));
  }
  if (parsed.scheme != "http" && parsed.scheme != "https") {
    return Wrong(url, "must begin with http:// or https://");
  }
  const std::string_view problem = TakeParts(url.substr(scheme_end + 3), &parsed);
  if (!problem.empty()) return Wrong(url, problem);
  return parsed;
}

}  // namespace sluice::wire
