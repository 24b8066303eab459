// What the bearer of a verified token may do: its issuer's rules, narrowed by its claims.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "absl/time/time.h"
#include "dataplane/config/token_issuers.h"
#include "dataplane/config/token_memory.h"

namespace sluice::policy {

// Until `end`. Its guard is that of the issuer's subject, which all tokens of that subject share.
// Null if a claim that is looked at has another shape, or there is no subject.
config::TokenMemory::Bearer BearerOf(const config::TokenIssuer& issuer,
                                     const nlohmann::json& claims, absl::Time end,
                                     config::TokenMemory& memory);

}  // namespace sluice::policy
