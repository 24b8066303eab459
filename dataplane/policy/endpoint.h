// The endpoint of a request: from the client's spelling to the path at the provider
// (docs/PASSTHROUGH.md, 1.3 to 1.6).
#pragma once

#include <string>
#include <string_view>

#include "dataplane/config/snapshot.h"
#include "dataplane/policy/decision.h"

namespace sluice::policy {

// Rules 1.4 to 1.6 applied to what follows /p/{provider}/.
//
// Dot segments, control characters and backslashes are refused however they are spelled, so %2e%2E,
// %00 and %5C too, because a provider may decode before it resolves. For the same reason %2F ends a
// segment here even where it is not decoded.
Decision<std::string> NormaliseEndpoint(std::string_view raw, const config::ProviderEntry& provider,
                                        bool v1_alias_allowed);

// Where a normalised endpoint lies on the origin of the provider's base URL (rule 1.3). Begins with
// /.
std::string UpstreamPath(const config::ProviderEntry& provider, std::string_view endpoint);

// What a client writes after /p/{provider}/ so that NormaliseEndpoint gives `endpoint`, if anything
// does.
std::string SpellEndpoint(const config::ProviderEntry& provider, std::string_view endpoint);

// The rule for the provider's credential: the first whose prefix fits. Null if none does.
const config::ProviderEntry::Auth* AuthFor(const config::ProviderEntry& provider,
                                           std::string_view endpoint);

// Whether the provider's deny list names `endpoint`, whatever the spelling of either: escapes,
// doubled slashes, a slash at the end and a root that leads to the same path do not get around it.
bool IsDenied(const config::ProviderEntry& provider, std::string_view endpoint);

}  // namespace sluice::policy
