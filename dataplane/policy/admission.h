// Whether a request goes through, and where to: the one place that knows the order of the answers
// (docs/PASSTHROUGH.md, 2).
#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "dataplane/config/snapshot.h"
#include "dataplane/http/message.h"
#include "dataplane/policy/credential.h"
#include "dataplane/policy/decision.h"

namespace sluice::policy {

// Valid as long as the Snapshot.
struct Route {
  const config::ProviderEntry* provider;
  Caller client_key;                        // never null
  std::string endpoint;                     // normalised; never empty
  std::string path_and_query;               // upstream, origin-form: begins with /
  const config::ProviderEntry::Auth* auth;  // how the provider's key is sent; null: it is not
};

// What was found out about a request, refused or not. Points into the snapshot.
struct Known {
  Caller client_key;                                // null: not authenticated
  const config::ProviderEntry* provider = nullptr;  // null: none that the caller may use
};

// What can be said of a request by its head before limits are looked at: route, method, credential,
// provider, path, what the key may ask for. A caller who is not authenticated gets the same answers
// whatever providers and endpoints there are.
// `known`: filled in as far as it goes; null: nobody asks.
Decision<Route> Admit(const config::Snapshot& snapshot, const http::RequestHead& request,
                      absl::Time now, Known* known = nullptr);
// After limits: the announced length of the body. Nothing: it is not too long.
std::optional<http::GatewayError> CheckLength(const Route& route, const http::Framing& body);

}  // namespace sluice::policy
