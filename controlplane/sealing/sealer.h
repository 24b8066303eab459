// Seals secrets for their rest in the database, provider keys and what token issuers share: each
// under a data key of its own, which is wrapped by a master key and lies beside it. Both are bound
// to the row and to the generation of the key, or to the birth of the issuer: sealed bytes that are
// moved to another row, or put back from before a change, do not open. Immutable; any thread.
//
//   "SLsecret" | id of the master key (8) | data key, sealed (60) | secret, sealed
//
// Older databases hold secrets that are sealed under the master key itself, of keys without a
// generation. They still open; Rewrap makes envelopes of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/secret.h"
#include "controlplane/sealing/master_keys.h"

namespace sluice::sealing {

enum class SecretKind { kProviderKey, kJwtIssuer };

// Where a secret belongs.
struct SecretPlace {
  std::string id;  // of the provider key; the name of the issuer
  int64_t generation = 0;
  SecretKind kind = SecretKind::kProviderKey;
};

// Of a config.v1.ProviderKey.
template <typename Key>
SecretPlace PlaceOf(const Key& key) {
  return {key.id(), key.generation()};
}
// Of a config.v1.JwtIssuer: another one of the same name has another time of creation.
template <typename Issuer>
SecretPlace IssuerPlaceOf(const Issuer& issuer) {
  return {issuer.name(),
          issuer.created_at().seconds() * 1'000'000 + issuer.created_at().nanos() / 1000,
          SecretKind::kJwtIssuer};
}

// What an envelope begins with, and how many bytes at its front tell what it is sealed under.
inline constexpr std::string_view kSealedMark = "SLsecret";
inline constexpr size_t kSealedPrefixBytes = kSealedMark.size() + kMasterKeyIdBytes;
// The id of the master key, if it is an envelope.
std::optional<std::string> MasterKeyIdOf(std::string_view sealed);

class Sealer {
 public:
  explicit Sealer(MasterKeys keys) : keys_(std::move(keys)) {}
  // `master_key` must have crypto::kAeadKeyBytes.
  explicit Sealer(base::Secret master_key) : keys_(std::move(master_key)) {}

  // Under the newest master key.
  std::string Seal(const SecretPlace& place, const base::Secret& secret) const;
  // DataLoss names the resource, and the master key that is missing.
  absl::StatusOr<base::Secret> Open(const SecretPlace& place, std::string_view sealed) const;
  // The same secret under the newest master key; nothing if it is under that already. DataLoss as
  // Open.
  absl::StatusOr<std::optional<std::string>> Rewrap(const SecretPlace& place,
                                                    std::string_view sealed) const;

  // A value to store with a new database, made with the newest master key, and which of the master
  // keys made a stored one; null if none did.
  std::string MakeCheckValue() const;
  const MasterKey* MakerOf(std::string_view check_value) const;

  const MasterKeys& keys() const { return keys_; }

 private:
  std::string Wrap(const SecretPlace& place, const base::Secret& data_key) const;
  absl::StatusOr<base::Secret> Unwrap(const SecretPlace& place, std::string_view sealed) const;
  absl::StatusOr<base::Secret> OpenDirect(const SecretPlace& place, std::string_view sealed) const;

  MasterKeys keys_;
};

}  // namespace sluice::sealing
