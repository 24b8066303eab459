// URLs that a provider sends back, turned around so that the client comes back through the gateway
// (docs/PASSTHROUGH.md, 4.3).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dataplane/config/snapshot.h"

namespace sluice::policy {

// `url` as a client of the gateway has to spell it, or nothing if it stays as it is: it is not
// below the provider's base URL or one of its roots, or no request of a client could lead there.
// What comes back leads, by the rules of section 1, to exactly the path and query of `url`, but for
// a key of the provider in its query, which does not go down.
//
// An absolute URL stays absolute, at `host_header`, the Host of the client's request; where that is
// not a host with an optional port the answer is the path alone, as it is for a `url` that begins
// with /.
std::optional<std::string> RewriteUrl(const config::ProviderEntry& provider, std::string_view url,
                                      std::string_view host_header);

// Whether `text` can stand in a URL as host[:port]: a name, an IPv4 address or an IPv6 address in
// brackets.
bool IsHostPort(std::string_view text);

}  // namespace sluice::policy
