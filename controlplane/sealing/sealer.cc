#include "controlplane/sealing/sealer.h"

#include "common/base/text.h"
#include "common/crypto/aead.h"
#include "common/crypto/digest.h"

namespace sluice::sealing {
namespace {

constexpr std::string_view kCheckText = "sluice";
constexpr std::string_view kCheckPlace = "meta/key_check";
constexpr size_t kWrappedBytes = 12 + crypto::kAeadKeyBytes + 16;

bool IsProviderKey(const SecretPlace& place) { return place.kind == SecretKind::kProviderKey; }
std::string TextOf(const SecretPlace& place) {
  return base::Cat(IsProviderKey(place) ? "provider_key/" : "jwt_issuer/", place.id, "/",
                   place.generation);
}
std::string DataKeyPlace(const SecretPlace& place) { return base::Cat("data_key/", TextOf(place)); }
// Before there were envelopes.
std::string DirectPlace(const SecretPlace& place) { return base::Cat("provider_key/", place.id); }

absl::Status CannotOpen(const SecretPlace& place, std::string_view why) {
  return absl::DataLossError(base::Cat("the sealed secret of ",
                                       IsProviderKey(place) ? "provider key" : "jwt issuer", " \"",
                                       place.id, "\" cannot be opened: ", why));
}

constexpr std::string_view kForeign =
    "it was changed, moved from another key or put back from an earlier time";

std::string_view WrappedKey(std::string_view sealed) {
  return sealed.substr(kSealedPrefixBytes, kWrappedBytes);
}
std::string_view SealedSecret(std::string_view sealed) {
  return sealed.substr(kSealedPrefixBytes + kWrappedBytes);
}

}  // namespace

std::optional<std::string> MasterKeyIdOf(std::string_view sealed) {
  if (!sealed.starts_with(kSealedMark) || sealed.size() < kSealedPrefixBytes) return std::nullopt;
  return std::string(sealed.substr(kSealedMark.size(), kMasterKeyIdBytes));
}

std::string Sealer::Wrap(const SecretPlace& place, const base::Secret& data_key) const {
  const MasterKey& master = keys_.newest();
  return base::Cat(kSealedMark, master.id,
                   crypto::Seal(master.bytes, data_key.Reveal(), DataKeyPlace(place)));
}

std::string Sealer::Seal(const SecretPlace& place, const base::Secret& secret) const {
  const base::Secret data_key(crypto::RandomBytes(crypto::kAeadKeyBytes));
  return Wrap(place, data_key) + crypto::Seal(data_key, secret.Reveal(), TextOf(place));
}

absl::StatusOr<base::Secret> Sealer::Unwrap(const SecretPlace& place,
                                            std::string_view sealed) const {
  const std::string id = MasterKeyIdOf(sealed).value_or("");
  const MasterKey* master = keys_.Find(id);
  if (master == nullptr) {
    return CannotOpen(place, base::Cat("it is under the master key ", MasterKeyIdText(id),
                                       ", which is not there"));
  }
  if (sealed.size() < kSealedPrefixBytes + kWrappedBytes) return CannotOpen(place, kForeign);
  auto data_key = crypto::Open(master->bytes, WrappedKey(sealed), DataKeyPlace(place));
  if (!data_key.ok() || data_key->Reveal().size() != crypto::kAeadKeyBytes) {
    return CannotOpen(place, kForeign);
  }
  return data_key;
}

absl::StatusOr<base::Secret> Sealer::OpenDirect(const SecretPlace& place,
                                                std::string_view sealed) const {
  // A key that was given a generation has been sealed since: what is not in an envelope is older.
  if (place.generation != 0 || !IsProviderKey(place)) return CannotOpen(place, kForeign);
  for (const MasterKey& master : keys_.all()) {
    auto secret = crypto::Open(master.bytes, sealed, DirectPlace(place));
    if (secret.ok()) return secret;
  }
  return CannotOpen(place, kForeign);
}

absl::StatusOr<base::Secret> Sealer::Open(const SecretPlace& place, std::string_view sealed) const {
  if (!MasterKeyIdOf(sealed).has_value()) return OpenDirect(place, sealed);
  auto data_key = Unwrap(place, sealed);
  if (!data_key.ok()) return data_key;
  auto secret = crypto::Open(*data_key, SealedSecret(sealed), TextOf(place));
  if (!secret.ok()) return CannotOpen(place, kForeign);
  return secret;
}

absl::StatusOr<std::optional<std::string>> Sealer::Rewrap(const SecretPlace& place,
                                                          std::string_view sealed) const {
  const std::optional<std::string> id = MasterKeyIdOf(sealed);
  if (id == keys_.newest().id) return std::optional<std::string>();
  auto secret = Open(place, sealed);
  if (!secret.ok()) return secret.status();
  if (!id.has_value()) return Seal(place, *secret);
  auto data_key = Unwrap(place, sealed);
  if (!data_key.ok()) return data_key.status();
  return base::Cat(Wrap(place, *data_key), SealedSecret(sealed));
}

std::string Sealer::MakeCheckValue() const {
  return crypto::Seal(keys_.newest().bytes, kCheckText, kCheckPlace);
}

const MasterKey* Sealer::MakerOf(std::string_view check_value) const {
  for (const MasterKey& master : keys_.all()) {
    const auto text = crypto::Open(master.bytes, check_value, kCheckPlace);
    if (text.ok() && text->Equals(kCheckText)) return &master;
  }
  return nullptr;
}

}  // namespace sluice::sealing
