#include "dataplane/policy/location.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "common/base/text.h"
#include "dataplane/http/header_list.h"
#include "dataplane/policy/credential.h"
#include "dataplane/policy/endpoint.h"
#include "dataplane/policy/target.h"

namespace sluice::policy {
namespace {

bool IsAlphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The parts of a URL, as views; what is missing is empty.
struct UrlParts {
  std::string_view scheme;
  std::string_view authority;
  bool has_authority = false;
  std::string_view path;
  std::string_view query;     // after the ?
  std::string_view fragment;  // with its #
};

UrlParts Split(std::string_view url) {
  UrlParts parts;
  if (size_t hash = url.find('#'); hash != std::string_view::npos) {
    parts.fragment = url.substr(hash);
    url = url.substr(0, hash);
  }
  if (size_t mark = url.find('?'); mark != std::string_view::npos) {
    parts.query = url.substr(mark + 1);
    url = url.substr(0, mark);
  }
  if (size_t colon = url.find("://"); colon > 0 && colon < url.find('/')) {
    parts.scheme = url.substr(0, colon);
    url.remove_prefix(colon + 1);
  }
  if (base::ConsumePrefix(url, "//")) {
    size_t slash = std::min(url.find('/'), url.size());
    parts.authority = url.substr(0, slash);
    parts.has_authority = true;
    url.remove_prefix(slash);
  }
  parts.path = url;
  return parts;
}

struct Authority {
  std::string_view host;  // with its brackets
  std::string_view port;  // digits; empty if there is none
};

Authority SplitAuthority(std::string_view text) {
  size_t colon = text.rfind(':');
  size_t bracket = text.rfind(']');
  bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || bracket < colon);
  if (!has_port) return {text, ""};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

// 1 to 65535, or nothing.
std::optional<int> ParsePort(std::string_view text) {
  int port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || port < 1 || port > 65535) return std::nullopt;
  return port;
}

std::optional<int> EffectivePort(std::string_view port, std::string_view scheme) {
  if (!port.empty()) return ParsePort(port);
  return http::NameEquals(scheme, "https") ? 443 : 80;
}

bool IsOrigin(const wire::BaseUrl& base, const UrlParts& url) {
  std::string_view scheme = url.scheme.empty() ? std::string_view(base.scheme) : url.scheme;
  Authority authority = SplitAuthority(url.authority);
  return http::NameEquals(scheme, base.scheme) && http::NameEquals(authority.host, base.host) &&
         EffectivePort(authority.port, scheme) == base.port;
}

bool LeadsTo(const config::ProviderEntry& provider, std::string_view spelled,
             std::string_view path) {
  Decision<std::string> endpoint = NormaliseEndpoint(spelled, provider, true);
  return !Refused(endpoint) && UpstreamPath(provider, std::get<std::string>(endpoint)) == path;
}

// What a client writes after /p/{provider}/ to get to `path` on the provider's origin.
std::optional<std::string> EndpointAt(const config::ProviderEntry& provider,
                                      std::string_view path) {
  auto spelled_if_it_leads = [&](std::string_view endpoint) -> std::optional<std::string> {
    std::string spelled = SpellEndpoint(provider, endpoint);
    if (!LeadsTo(provider, spelled, path)) return std::nullopt;
    return spelled;
  };
  std::optional<std::string> found;
  std::string_view below = path;
  if (base::ConsumePrefix(below, provider.base.path) && base::ConsumePrefix(below, "/")) {
    found = spelled_if_it_leads(below);
  }
  for (size_t i = 0; !found.has_value() && i < provider.roots.size(); ++i) {
    const config::ProviderEntry::Root& root = provider.roots[i];
    std::string_view rest = path;
    if (!base::ConsumePrefix(rest, root.path)) continue;
    found = spelled_if_it_leads(base::Cat(root.prefix, rest));
  }
  return found;
}

bool IsIpv6Literal(std::string_view host) {
  if (host.size() < 4 || host.front() != '[' || host.back() != ']') return false;
  host = host.substr(1, host.size() - 2);
  return host.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

bool IsHostName(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return IsAlphanumeric(c) || c == '.' || c == '-' || c == '_';
  });
}

}  // namespace

GatewayOrigin OriginSeenBy(const http::HeaderList& request, bool over_tls) {
  GatewayOrigin origin;
  if (over_tls || http::NameEquals(request.Find("X-Forwarded-Proto").value_or(""), "https")) {
    origin.scheme = "https";
  }
  origin.host = request.Find("Host").value_or("");
  return origin;
}

std::optional<std::string> RewriteUrl(const config::ProviderEntry& provider, std::string_view url,
                                      const GatewayOrigin& gateway) {
  UrlParts parts = Split(url);
  if (parts.has_authority && !IsOrigin(provider.base, parts)) return std::nullopt;
  std::optional<std::string> endpoint = EndpointAt(provider, parts.path);
  if (!endpoint.has_value() || !IsQuery(parts.query)) return std::nullopt;

  std::string query = StripCredentialFromQuery(parts.query, provider.key_query_parameter);
  const std::string origin = parts.has_authority && IsHostPort(gateway.host)
                                 ? base::Cat(gateway.scheme, "://", gateway.host)
                                 : "";
  return base::Cat(origin, "/p/", provider.name, "/", *endpoint, query.empty() ? "" : "?", query,
                   parts.fragment);
}

bool IsHostPort(std::string_view text) {
  Authority authority = SplitAuthority(text);
  bool ends_well = authority.port.empty() ? text.size() == authority.host.size()
                                          : ParsePort(authority.port).has_value();
  return ends_well && (IsHostName(authority.host) || IsIpv6Literal(authority.host));
}

}  // namespace sluice::policy
