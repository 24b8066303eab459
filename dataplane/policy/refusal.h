// The answers of docs/PASSTHROUGH.md, section 5, that policy gives instead of letting a request
// through. Their messages hold nothing secret, and of the client's bytes only printable ones, in
// bounded length.
#pragma once

#include <cstdint>
#include <string_view>

#include "dataplane/config/snapshot.h"
#include "dataplane/http/gateway_error.h"

namespace sluice::policy {

http::GatewayError UnknownRoute();
http::GatewayError PassthroughDisabled();
http::GatewayError MethodNotAllowed();

http::GatewayError MissingApiKey();
// Unknown, expired, revoked, malformed, ambiguous: the caller cannot tell which.
http::GatewayError InvalidApiKey();

// `provider` as the client spelled it; lists the providers that `client_key` may use.
http::GatewayError ProviderNotEnabled(std::string_view provider, const config::Snapshot& snapshot,
                                      const config::ClientKeyEntry& client_key);

http::GatewayError EndpointRequired();
http::GatewayError V1AliasDisabled();
// `what` completes "the request target has ...".
http::GatewayError InvalidPath(std::string_view what);
http::GatewayError EndpointDenied();

// By the rules of the client key.
http::GatewayError MethodNotPermitted(std::string_view method);
http::GatewayError EndpointNotPermitted();
// `why` completes "the model of the request cannot be read: ".
http::GatewayError ModelUnreadable(std::string_view why);
http::GatewayError ModelNotPermitted(std::string_view model);
// `limit` completes "this key is over its limit of ".
http::GatewayError OverLimit(std::string_view limit, int retry_after_seconds);

// Of its key: until `seconds` from now.
http::GatewayError BudgetExceeded(int retry_after_seconds);
// Its key's share is used up, and the control plane cannot be asked for more.
http::GatewayError BudgetUnknown(int retry_after_seconds);

// By Content-Length, or while the body streams.
http::GatewayError RequestTooLarge(uint64_t max_body_bytes);

}  // namespace sluice::policy
