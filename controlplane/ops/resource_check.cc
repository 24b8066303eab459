#include "controlplane/ops/resource_check.h"

#include <set>
#include <string>

#include "common/base/text.h"
#include "common/wire/config_check.h"

namespace sluice::ops {
namespace {

using config::v1::Configuration;
using store::ResourceKind;

constexpr size_t kDigestBytes = 32;

absl::Status AddProvider(const store::ResourceRows& rows, const std::string& name,
                         Configuration* configuration) {
  auto row = rows.FindById(ResourceKind::kProvider, name);
  if (!row.ok()) return row.status();
  if (!row->has_value()) return absl::OkStatus();  // the checker says so
  auto provider = store::Decode<config::v1::Provider>(**row);
  if (!provider.ok()) return provider.status();
  *configuration->add_providers() = *std::move(provider);
  return absl::OkStatus();
}

template <typename Names>
absl::Status AddNamed(const store::ResourceRows& rows, const Names& names,
                      Configuration* configuration) {
  // A set: a name that is there twice must be told of who names it, not of the provider.
  for (const std::string& provider : std::set<std::string>(names.begin(), names.end())) {
    absl::Status status = AddProvider(rows, provider, configuration);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckProviderKeyWrite(const store::ResourceRows& rows,
                                   const config::v1::ProviderKey& key, const base::Secret& secret) {
  Configuration configuration;
  if (absl::Status status = AddProvider(rows, key.provider(), &configuration); !status.ok()) {
    return status;
  }
  auto* entry = configuration.add_provider_keys();
  *entry->mutable_key() = key;
  entry->set_secret(secret.Reveal().data(), secret.Reveal().size());
  absl::Status status = wire::ToStatus(wire::CheckConfiguration(configuration));
  base::Wipe(entry->mutable_secret()->data(), entry->secret().size());
  return status;
}

absl::Status CheckClientKeyWrite(const store::ResourceRows& rows,
                                 const config::v1::ClientKey& key) {
  Configuration configuration;
  absl::Status status = AddNamed(rows, key.providers(), &configuration);
  if (!status.ok()) return status;
  auto* entry = configuration.add_client_keys();
  *entry->mutable_key() = key;
  // The digest is ours and not in question here.
  entry->set_sha256(std::string(kDigestBytes, '\0'));
  return wire::ToStatus(wire::CheckConfiguration(configuration));
}

absl::Status CheckJwtIssuerWrite(const store::ResourceRows& rows,
                                 const config::v1::JwtIssuer& issuer, const base::Secret& secret) {
  Configuration configuration;
  absl::Status status = AddNamed(rows, issuer.providers(), &configuration);
  if (!status.ok()) return status;
  auto* entry = configuration.add_jwt_issuers();
  *entry->mutable_issuer() = issuer;
  entry->set_hs256_secret(secret.Reveal().data(), secret.Reveal().size());
  status = wire::ToStatus(wire::CheckConfiguration(configuration));
  base::Wipe(entry->mutable_hs256_secret()->data(), entry->hs256_secret().size());
  return status;
}

absl::Status NoSuch(ResourceKind kind, std::string_view name) {
  return absl::NotFoundError(
      base::Cat("there is no ", store::KindName(kind), " \"", base::Escaped(name), "\""));
}

}  // namespace sluice::ops
