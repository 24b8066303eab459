#include "controlplane/ops/secret_place.h"

#include "controlplane/store/resource.h"

namespace sluice::ops {

absl::StatusOr<sealing::SecretPlace> PlaceOf(const store::StoredSecret& secret) {
  const store::ResourceRow row{secret.owner.kind, secret.owner.id, "", secret.body, "", 0};
  sealing::SecretPlace place;
  if (row.kind == store::ResourceKind::kJwtIssuer) {
    const auto issuer = store::Decode<config::v1::JwtIssuer>(row);
    if (!issuer.ok()) return issuer.status();
    place = sealing::IssuerPlaceOf(*issuer);
  } else {
    const auto key = store::Decode<config::v1::ProviderKey>(row);
    if (!key.ok()) return key.status();
    place = sealing::PlaceOf(*key);
  }
  place.id = row.id;
  return place;
}

}  // namespace sluice::ops
