#include "controlplane/sealing/sealer.h"

#include "common/base/text.h"
#include "common/crypto/aead.h"

namespace sluice::sealing {
namespace {

constexpr std::string_view kCheckText = "sluice";
constexpr std::string_view kCheckPlace = "meta/key_check";

std::string PlaceOf(std::string_view id) { return base::Cat("provider_key/", id); }

}  // namespace

std::string Sealer::SealProviderKey(std::string_view id, const base::Secret& secret) const {
  return crypto::Seal(master_key_, secret.Reveal(), PlaceOf(id));
}

absl::StatusOr<base::Secret> Sealer::OpenProviderKey(std::string_view id,
                                                     std::string_view sealed) const {
  auto secret = crypto::Open(master_key_, sealed, PlaceOf(id));
  if (secret.ok()) return secret;
  return absl::DataLossError(
      base::Cat("the sealed secret of provider key \"", id, "\" cannot be opened"));
}

std::string Sealer::MakeCheckValue() const {
  return crypto::Seal(master_key_, kCheckText, kCheckPlace);
}

bool Sealer::Matches(std::string_view check_value) const {
  const auto text = crypto::Open(master_key_, check_value, kCheckPlace);
  return text.ok() && text->Equals(kCheckText);
}

}  // namespace sluice::sealing
