// Whoever shows a token of an issuer that the operator trusts, as an entry like that of a client
// key: what the issuer's tokens may do, narrowed by the claims of this one.
//
// Order of the checks: form, issuer, key, signature, and only then what the token says. Whatever is
// wrong, the caller learns that it is no good and nothing else.
#pragma once

#include <string_view>
#include <variant>

#include "absl/time/time.h"
#include "common/crypto/digest.h"
#include "dataplane/config/token_issuers.h"
#include "dataplane/config/token_memory.h"

namespace sluice::policy {

// From memory, or verified and remembered. Null: it is no good. `digest`: SHA-256 of `text`.
config::TokenMemory::Bearer FindBearer(const config::TokenIssuers& issuers, std::string_view text,
                                       const crypto::Sha256Digest& digest, absl::Time now);

// A token that was verified.
struct VerifiedToken {
  config::TokenIssuers::Issuer issuer;
  config::TokenMemory::Bearer bearer;
};
// Looks at nothing that is remembered but the guard of its subject. Not kGood otherwise.
std::variant<VerifiedToken, config::TokenVerdict> VerifyToken(const config::TokenIssuers& issuers,
                                                              std::string_view text,
                                                              absl::Time now);

}  // namespace sluice::policy
