// What becomes of a provider key's text when it is written: the one place that counts the key's
// generations and seals.
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/secret.h"
#include "controlplane/sealing/sealer.h"
#include "controlplane/store/resource.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::ops {

// Reads what a reference leads to; the error is a sentence without a secret. May take seconds.
using ReferenceReader =
    std::function<absl::StatusOr<base::Secret>(const config::v1::SecretReference&)>;

// The row of a key that is new: its first generation.
store::ResourceRow NewSecretRow(config::v1::ProviderKey& key, const base::Secret& secret,
                                const sealing::Sealer& sealer);

// The row of `key` with `secret`, `stored` being what it is now. Another text is sealed as the
// next generation; the same one stays as it lies. A stored one that does not open is replaced.
store::ResourceRow SecretRow(config::v1::ProviderKey& key, const store::ResourceRow& stored,
                             const base::Secret& secret, const sealing::Sealer& sealer);

// The row that brings `former` back, `stored` being what the key is now. Another text is a new
// generation here too. DataLoss if `former` does not open.
absl::StatusOr<store::ResourceRow> FormerSecretRow(const store::ResourceRow& stored,
                                                   const store::ResourceRow& former,
                                                   const sealing::Sealer& sealer);

}  // namespace sluice::ops
