#include "controlplane/ops/provider_secret.h"

#include <algorithm>

namespace sluice::ops {
namespace {

using config::v1::ProviderKey;
using store::ResourceRow;

constexpr int64_t kFirstGeneration = 1;

// Of a key whose present text has `generation`; keys of before there were generations have 0.
int64_t Next(int64_t generation) { return std::max(generation, kFirstGeneration) + 1; }

ResourceRow Sealed(const ProviderKey& key, const base::Secret& secret,
                   const sealing::Sealer& sealer) {
  return store::RowOf(key, sealer.Seal(sealing::PlaceOf(key), secret));
}

}  // namespace

ResourceRow NewSecretRow(ProviderKey& key, const base::Secret& secret,
                         const sealing::Sealer& sealer) {
  key.set_generation(kFirstGeneration);
  return Sealed(key, secret, sealer);
}

ResourceRow SecretRow(ProviderKey& key, const ResourceRow& stored, const base::Secret& secret,
                      const sealing::Sealer& sealer) {
  const auto present = sealer.Open(sealing::PlaceOf(key), stored.material);
  if (present.ok() && present->Equals(secret.Reveal())) return store::RowOf(key, stored.material);
  key.set_generation(Next(key.generation()));
  return Sealed(key, secret, sealer);
}

absl::StatusOr<ResourceRow> FormerSecretRow(const ResourceRow& stored, const ResourceRow& former,
                                            const sealing::Sealer& sealer) {
  auto now = store::Decode<ProviderKey>(stored);
  auto then = store::Decode<ProviderKey>(former);
  if (!now.ok()) return now.status();
  if (!then.ok()) return then.status();
  const auto secret = sealer.Open(sealing::PlaceOf(*then), former.material);
  if (!secret.ok()) return secret.status();
  then->set_generation(now->generation());
  return SecretRow(*then, stored, *secret, sealer);
}

}  // namespace sluice::ops
