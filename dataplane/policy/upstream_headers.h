// The header fields of the request as the provider gets it (docs/PASSTHROUGH.md, section 3).
#pragma once

#include <string>
#include <string_view>

#include "dataplane/config/snapshot.h"
#include "dataplane/http/message.h"
#include "dataplane/policy/admission.h"

namespace sluice::policy {

// What the provider is told of the trace, where this gateway takes part in it.
struct TraceFields {
  std::string traceparent;
  bool begins_here = false;  // the client's `tracestate`, if any, belongs to no trace of ours
};

// Fills `out`, which is cleared first. `key`: the provider key lent to this request, null for none.
// `request_id`: what EffectiveRequestId gave. Host, Content-Length and Transfer-Encoding are not
// among the fields: upstream/ writes them from the base URL and the framing of the body. `trace`:
// null where the client's own trace fields pass through. `out` holds a secret afterwards.
void BuildUpstreamHeaders(const http::RequestHead& request, const Route& route,
                          const config::ProviderKeyEntry* key, std::string_view request_id,
                          http::HeaderList* out, const TraceFields* trace = nullptr);

// The client's X-Request-Id if it is 1 to 128 printable characters and no key of ours, else
// `fallback`.
std::string EffectiveRequestId(const http::HeaderList& headers, std::string_view fallback);

}  // namespace sluice::policy
