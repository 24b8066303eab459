// URLs that a provider sends back, turned around so that the client comes back through the gateway
// (docs/PASSTHROUGH.md, 4.3).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dataplane/config/snapshot.h"
#include "dataplane/http/header_list.h"

namespace sluice::policy {

// Where the client sees the gateway. Views into the request's fields.
struct GatewayOrigin {
  std::string_view scheme = "http";
  std::string_view host;  // with the port; empty if the client sent no Host
};

// By Host; https if the request came `over_tls` or, as X-Forwarded-Proto says, to whoever ends TLS
// in front of the gateway. A client that makes these up misleads itself only.
GatewayOrigin OriginSeenBy(const http::HeaderList& request, bool over_tls = false);

// `url` as a client of the gateway has to spell it, or nothing if it stays as it is: it is not
// below the provider's base URL or one of its roots, or no request of a client could lead there.
// What comes back leads, by the rules of section 1, to exactly the path and query of `url`, but for
// a key of the provider in its query, which does not go down.
//
// An absolute URL stays absolute, at `gateway`; where its host is not a host with an optional port
// the answer is the path alone, as it is for a `url` that begins with /.
std::optional<std::string> RewriteUrl(const config::ProviderEntry& provider, std::string_view url,
                                      const GatewayOrigin& gateway);

// Whether `text` can stand in a URL as host[:port]: a name, an IPv4 address or an IPv6 address in
// brackets.
bool IsHostPort(std::string_view text);

}  // namespace sluice::policy
