// What becomes of the secret that a token issuer's symmetric signatures are made with.
#pragma once

#include "absl/status/statusor.h"
#include "common/base/secret.h"
#include "controlplane/sealing/sealer.h"
#include "controlplane/store/resource.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::ops {

// Empty for an issuer without one. DataLoss if it does not open.
absl::StatusOr<base::Secret> OpenJwtSecret(const config::v1::JwtIssuer& issuer,
                                           const std::string& material,
                                           const sealing::Sealer& sealer);

// The row of `issuer` with `secret`, which may be empty, `material` being what is stored of it now.
// The same text stays as it lies; a stored one that does not open is replaced.
store::ResourceRow JwtIssuerRow(const config::v1::JwtIssuer& issuer, const base::Secret& secret,
                                const std::string& material, const sealing::Sealer& sealer);

// What the issuer has after a write that gives `given`: that, or else what is stored, or nothing if
// it has no use for one.
absl::StatusOr<base::Secret> JwtSecretAfter(const config::v1::JwtIssuer& issuer,
                                            std::string_view given, const std::string& material,
                                            const sealing::Sealer& sealer);

}  // namespace sluice::ops
