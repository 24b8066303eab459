#include "controlplane/ops/jwt_secret.h"

#include <algorithm>

#include "common/wire/jwks.h"

namespace sluice::ops {
namespace {

bool HasUseForSecret(const config::v1::JwtIssuer& issuer) {
  const auto algorithms = wire::AlgorithmsOf(issuer);
  return std::find(algorithms.begin(), algorithms.end(), crypto::JwsAlgorithm::kHs256) !=
         algorithms.end();
}

}  // namespace

absl::StatusOr<base::Secret> OpenJwtSecret(const config::v1::JwtIssuer& issuer,
                                           const std::string& material,
                                           const sealing::Sealer& sealer) {
  if (material.empty()) return base::Secret();
  return sealer.Open(sealing::IssuerPlaceOf(issuer), material);
}

store::ResourceRow JwtIssuerRow(const config::v1::JwtIssuer& issuer, const base::Secret& secret,
                                const std::string& material, const sealing::Sealer& sealer) {
  if (secret.empty()) return store::RowOf(issuer, "");
  const auto present = OpenJwtSecret(issuer, material, sealer);
  if (present.ok() && present->Equals(secret.Reveal())) return store::RowOf(issuer, material);
  return store::RowOf(issuer, sealer.Seal(sealing::IssuerPlaceOf(issuer), secret));
}

absl::StatusOr<base::Secret> JwtSecretAfter(const config::v1::JwtIssuer& issuer,
                                            std::string_view given, const std::string& material,
                                            const sealing::Sealer& sealer) {
  if (!given.empty()) return base::Secret(given);
  if (!HasUseForSecret(issuer)) return base::Secret();
  return OpenJwtSecret(issuer, material, sealer);
}

}  // namespace sluice::ops
