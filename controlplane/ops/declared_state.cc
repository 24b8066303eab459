#include "controlplane/ops/declared_state.h"

#include <utility>

#include "absl/cleanup/cleanup.h"
#include "common/wire/config_check.h"
#include "controlplane/ops/jwt_secret.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::ops {
namespace {

using config::v1::Configuration;
using store::ResourceKind;
using store::ResourceRow;

constexpr ResourceKind kKinds[] = {ResourceKind::kSettings, ResourceKind::kProvider,
                                   ResourceKind::kProviderKey, ResourceKind::kClientKey,
                                   ResourceKind::kJwtIssuer};

absl::Status AddProviderKey(const ResourceRow& row, const sealing::Sealer& sealer,
                            Configuration* configuration) {
  auto key = store::Decode<config::v1::ProviderKey>(row);
  if (!key.ok()) return key.status();
  const auto secret = sealer.Open(sealing::PlaceOf(*key), row.material);
  if (!secret.ok()) return secret.status();
  auto* entry = configuration->add_provider_keys();
  *entry->mutable_key() = *std::move(key);
  entry->set_secret(secret->Reveal().data(), secret->Reveal().size());
  return absl::OkStatus();
}

absl::Status AddClientKey(const ResourceRow& row, Configuration* configuration) {
  auto key = store::Decode<config::v1::ClientKey>(row);
  if (!key.ok()) return key.status();
  // Nothing of a revoked key can be in the way.
  if (key->has_revoked_at()) return absl::OkStatus();
  auto* entry = configuration->add_client_keys();
  *entry->mutable_key() = *std::move(key);
  entry->set_sha256(row.material);
  return absl::OkStatus();
}

absl::Status AddJwtIssuer(const ResourceRow& row, const sealing::Sealer& sealer,
                          Configuration* configuration) {
  auto issuer = store::Decode<config::v1::JwtIssuer>(row);
  if (!issuer.ok()) return issuer.status();
  const auto secret = OpenJwtSecret(*issuer, row.material, sealer);
  if (!secret.ok()) return secret.status();
  auto* entry = configuration->add_jwt_issuers();
  *entry->mutable_issuer() = *std::move(issuer);
  entry->set_hs256_secret(secret->Reveal().data(), secret->Reveal().size());
  return absl::OkStatus();
}

absl::Status Add(const ResourceRow& row, const sealing::Sealer& sealer,
                 Configuration* configuration) {
  switch (row.kind) {
    case ResourceKind::kSettings: {
      auto settings = store::Decode<config::v1::Settings>(row);
      if (!settings.ok()) return settings.status();
      *configuration->mutable_settings() = *std::move(settings);
      return absl::OkStatus();
    }
    case ResourceKind::kProvider: {
      auto provider = store::Decode<config::v1::Provider>(row);
      if (!provider.ok()) return provider.status();
      *configuration->add_providers() = *std::move(provider);
      return absl::OkStatus();
    }
    case ResourceKind::kProviderKey:
      return AddProviderKey(row, sealer, configuration);
    case ResourceKind::kClientKey:
      return AddClientKey(row, configuration);
    case ResourceKind::kJwtIssuer:
      return AddJwtIssuer(row, sealer, configuration);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<DeclaredState> DeclaredState::Load(const store::ResourceRows& rows) {
  DeclaredState state;
  for (const ResourceKind kind : kKinds) {
    auto listed = rows.List(kind);
    if (!listed.ok()) return listed.status();
    auto& names = state.names_[kind];
    auto& by_id = state.before_[kind];
    for (ResourceRow& row : *listed) {
      if (!row.name.empty()) names[row.name] = row.id;
      by_id[row.id] = std::move(row);
    }
  }
  state.after_ = state.before_;
  return state;
}

const ResourceRow* DeclaredState::FindById(ResourceKind kind, std::string_view id) const {
  const Rows& rows = after_.at(kind);
  const auto found = rows.find(std::string(id));
  return found == rows.end() ? nullptr : &found->second;
}

const ResourceRow* DeclaredState::FindByName(ResourceKind kind, std::string_view name) const {
  const auto& names = names_.at(kind);
  const auto found = names.find(name);
  return found == names.end() ? nullptr : FindById(kind, found->second);
}

void DeclaredState::Put(ResourceRow row) {
  auto& names = names_.at(row.kind);
  if (const ResourceRow* old = FindById(row.kind, row.id); old != nullptr && !old->name.empty()) {
    names.erase(old->name);
  }
  if (!row.name.empty()) names[row.name] = row.id;
  Rows& rows = after_.at(row.kind);
  rows[row.id] = std::move(row);
}

absl::Status DeclaredState::Check(const sealing::Sealer& sealer) const {
  Configuration configuration;
  const auto wiper = absl::MakeCleanup([&configuration] {
    for (auto& entry : *configuration.mutable_provider_keys()) {
      base::Wipe(entry.mutable_secret()->data(), entry.secret().size());
    }
    for (auto& entry : *configuration.mutable_jwt_issuers()) {
      base::Wipe(entry.mutable_hs256_secret()->data(), entry.hs256_secret().size());
    }
  });
  for (const ResourceKind kind : kKinds) {
    for (const auto& [id, row] : after_.at(kind)) {
      if (absl::Status status = Add(row, sealer, &configuration); !status.ok()) return status;
    }
  }
  return wire::ToStatus(wire::CheckConfiguration(configuration));
}

}  // namespace sluice::ops
