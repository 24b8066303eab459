#include "dataplane/config/delta.h"

#include <set>
#include <string_view>
#include <utility>

#include "common/base/text.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::config {
namespace {

absl::Status NotOfItsKind(std::string_view id) {
  return absl::InvalidArgumentError(
      base::Cat("the resource \"", base::Escaped(id), "\" in it is not what it is said to be"));
}

template <typename Message, typename IdOf>
bool Has(const std::string& bytes, const std::string& id, IdOf id_of) {
  Message message;
  return message.ParseFromString(bytes) && id_of(message) == id;
}

bool IsProviderKey(const std::string& bytes, const std::string& id) {
  v1::ProviderKeyEntry entry;
  const bool is = entry.ParseFromString(bytes) && entry.key().id() == id;
  base::Wipe(entry.mutable_secret()->data(), entry.secret().size());
  return is;
}

bool IsJwtIssuer(const std::string& bytes, const std::string& name) {
  v1::JwtIssuerEntry entry;
  const bool is = entry.ParseFromString(bytes) && entry.issuer().name() == name;
  base::Wipe(entry.mutable_hs256_secret()->data(), entry.hs256_secret().size());
  return is;
}

bool IsOfItsKind(const fleet::v1::ResourceChange& change) {
  switch (change.kind()) {
    case v1::RESOURCE_KIND_SETTINGS:
      return change.id() == wire::kSettingsResourceId &&
             v1::Settings().ParseFromString(change.resource());
    case v1::RESOURCE_KIND_PROVIDER:
      return Has<v1::Provider>(change.resource(), change.id(),
                               [](const auto& provider) { return provider.name(); });
    case v1::RESOURCE_KIND_PROVIDER_KEY:
      return IsProviderKey(change.resource(), change.id());
    case v1::RESOURCE_KIND_CLIENT_KEY:
      return Has<v1::ClientKeyEntry>(change.resource(), change.id(),
                                     [](const auto& entry) { return entry.key().id(); });
    case v1::RESOURCE_KIND_JWT_ISSUER:
      return IsJwtIssuer(change.resource(), change.id());
    default:
      return false;
  }
}

}  // namespace

AppliedDelta::AppliedDelta(const fleet::v1::Delta& delta, wire::ResourceSet& resources)
    : resources_(resources) {
  for (const auto& change : delta.changes()) {
    const base::Secret* bytes = resources_.Find(change.kind(), change.id());
    former_.push_back({change.kind(), change.id(), bytes != nullptr,
                       bytes == nullptr ? base::Secret() : bytes->Clone()});
    if (change.has_resource()) {
      resources_.Put(change.kind(), change.id(), change.resource());
    } else {
      resources_.Erase(change.kind(), change.id());
    }
  }
}

AppliedDelta::~AppliedDelta() {
  if (kept_) return;
  for (const Former& former : former_) {
    if (former.existed) {
      resources_.Put(former.kind, former.id, former.bytes.Reveal());
    } else {
      resources_.Erase(former.kind, former.id);
    }
  }
}

absl::Status CheckDelta(const fleet::v1::Delta& delta) {
  std::set<std::pair<int, std::string_view>> named;
  for (const auto& change : delta.changes()) {
    if (!wire::IsKnownKind(change.kind()) || change.id().empty()) return NotOfItsKind(change.id());
    if (!named.insert({change.kind(), change.id()}).second) {
      return absl::InvalidArgumentError(
          base::Cat("the resource \"", base::Escaped(change.id()), "\" is in it twice"));
    }
    if (change.has_resource() && !IsOfItsKind(change)) return NotOfItsKind(change.id());
  }
  return absl::OkStatus();
}

}  // namespace sluice::config
