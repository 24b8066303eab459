// The client's credential: where it may stand, whose it is, and how none of it goes upstream
// (docs/PASSTHROUGH.md, 3.2).
//
// A candidate is what stands in `Authorization: Bearer`, x-api-key, api-key, x-goog-api-key or the
// query parameter `key`. Client libraries fill several of them at once, often with placeholders, so
// a candidate that is written like a Sluice key counts and the others do not; two different ones
// that are, are refused. Without one a token of an issuer counts, from a header: two different ones
// are refused too.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "dataplane/config/snapshot.h"
#include "dataplane/http/message.h"
#include "dataplane/policy/decision.h"

namespace sluice::policy {

// Who makes the request. An entry of the Snapshot, or of a token and then owned by this.
using Caller = std::shared_ptr<const config::ClientKeyEntry>;

// 401 missing_api_key without a candidate; 401 invalid_api_key for all that is wrong with one,
// after the same work. Never null.
Decision<Caller> Authenticate(const config::Snapshot& snapshot, const http::RequestHead& request,
                              std::string_view query, absl::Time now);

// `query` without the parameter `key` if that holds a Sluice key, without the parameter
// `key_query_parameter` (unless empty: the provider reads its own key there), and without anything
// else that holds a whole Sluice key. What remains is as it was sent, byte by byte.
std::string StripCredentialFromQuery(std::string_view query, std::string_view key_query_parameter);

// Whether a whole Sluice key, checksum and all, stands somewhere in `text`, which may spell it with
// percent escapes.
bool HoldsClientKey(std::string_view text);

}  // namespace sluice::policy
