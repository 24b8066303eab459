#include "dataplane/policy/endpoint.h"

#include <algorithm>
#include <optional>

#include "common/base/text.h"
#include "dataplane/policy/percent_spelling.h"
#include "dataplane/policy/refusal.h"

namespace sluice::policy {
namespace {

constexpr std::string_view kV1 = "v1/";

std::string DecodeSlashes(std::string_view raw) {
  std::string decoded;
  decoded.reserve(raw.size());
  while (true) {
    size_t mark = raw.find('%');
    decoded.append(raw.substr(0, mark));
    if (mark == std::string_view::npos) return decoded;
    raw.remove_prefix(mark);
    bool slash = raw.size() >= 3 && raw[1] == '2' && (raw[2] == 'F' || raw[2] == 'f');
    decoded.append(slash ? std::string_view("/") : raw.substr(0, 1));
    raw.remove_prefix(slash ? 3 : 1);
  }
}

// Counts the dots of a path segment that has nothing else.
class DotSegment {
 public:
  void Add(unsigned char byte) {
    only_dots_ = only_dots_ && byte == '.';
    ++size_;
  }
  bool Climbs() const { return only_dots_ && (size_ == 1 || size_ == 2); }

 private:
  bool only_dots_ = true;
  size_t size_ = 0;
};

// What rule 1.6 has against `endpoint`; empty: nothing.
std::string_view FaultOf(std::string_view endpoint) {
  DotSegment segment;
  for (size_t at = 0; at < endpoint.size();) {
    std::optional<SpelledByte> spelled = ReadByte(endpoint, at);
    if (!spelled.has_value()) return "a % that is not followed by two hexadecimal digits";
    unsigned char byte = spelled->byte;
    bool raw = spelled->length == 1;
    if (byte < 0x20 || byte == 0x7f) return "a control character";
    if (byte == '\\') return "a backslash";
    if (raw && (byte == ' ' || byte == '#')) return "a space or a # in its path";
    if (byte == '/') {
      if (segment.Climbs()) break;
      segment = DotSegment();
    } else {
      segment.Add(byte);
    }
    at += spelled->length;
  }
  return segment.Climbs() ? "a . or .. segment" : "";
}

// A root rule's prefix ends where a segment of the endpoint ends, or the rest could begin with dots
// that were harmless inside the longer segment.
bool Fits(const config::ProviderEntry::Root& root, std::string_view endpoint) {
  if (!endpoint.starts_with(root.prefix)) return false;
  std::string_view rest = endpoint.substr(root.prefix.size());
  return root.prefix.empty() || root.prefix.back() == '/' || rest.empty() || rest.front() == '/';
}

// Escapes decoded, slashes single, none at either end.
std::string Simplified(std::string_view endpoint) {
  std::string simple;
  for (char c : PercentDecoded(endpoint)) {
    if (c == '/' && (simple.empty() || simple.back() == '/')) continue;
    simple.push_back(c);
  }
  if (!simple.empty() && simple.back() == '/') simple.pop_back();
  return simple;
}

// Whether `denied` is `simple`, or, with `below`, a folder of it.
bool Names(std::string_view denied, bool below, std::string_view simple) {
  if (!base::ConsumePrefix(simple, denied)) return false;
  return simple.empty() || (below && (denied.empty() || simple.front() == '/'));
}

}  // namespace

Decision<std::string> NormaliseEndpoint(std::string_view raw, const config::ProviderEntry& provider,
                                        bool v1_alias_allowed) {
  std::string endpoint = provider.decode_slashes ? DecodeSlashes(raw) : std::string(raw);
  if (provider.strip_v1 && (endpoint == "v1" || endpoint.starts_with(kV1))) {
    if (!v1_alias_allowed) return V1AliasDisabled();
    endpoint.erase(0, kV1.size());
  }
  if (endpoint.empty()) return EndpointRequired();
  if (std::string_view fault = FaultOf(endpoint); !fault.empty()) return InvalidPath(fault);
  return endpoint;
}

std::string UpstreamPath(const config::ProviderEntry& provider, std::string_view endpoint) {
  for (const config::ProviderEntry::Root& root : provider.roots) {
    if (Fits(root, endpoint)) {
      return base::Cat(root.path, endpoint.substr(root.prefix.size()));
    }
  }
  return base::Cat(provider.base.path, "/", endpoint);
}

std::string SpellEndpoint(const config::ProviderEntry& provider, std::string_view endpoint) {
  bool would_be_stripped = provider.strip_v1 && (endpoint == "v1" || endpoint.starts_with(kV1));
  return base::Cat(would_be_stripped ? kV1 : "", endpoint);
}

const config::ProviderEntry::Auth* AuthFor(const config::ProviderEntry& provider,
                                           std::string_view endpoint) {
  auto rule = std::find_if(provider.auth.begin(), provider.auth.end(),
                           [&](const auto& auth) { return endpoint.starts_with(auth.prefix); });
  return rule == provider.auth.end() ? nullptr : &*rule;
}

bool IsDenied(const config::ProviderEntry& provider, std::string_view endpoint) {
  if (provider.denied_endpoints.empty()) return false;
  std::string simple = Simplified(endpoint);
  std::string path = Simplified(UpstreamPath(provider, endpoint));
  auto names_it = [&](const std::string& denied) {
    bool below = denied.ends_with('/');
    return Names(Simplified(denied), below, simple) ||
           Names(Simplified(UpstreamPath(provider, denied)), below, path);
  };
  return std::any_of(provider.denied_endpoints.begin(), provider.denied_endpoints.end(), names_it);
}

}  // namespace sluice::policy
