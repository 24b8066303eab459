#include "controlplane/publish/publisher.h"

#include <utility>
#include <vector>

#include "controlplane/store/reading.h"

namespace sluice::publish {
namespace {

using config::v1::Configuration;
using store::ResourceKind;
using store::ResourceRow;

absl::Status AddSettings(const store::ResourceRows& rows, Configuration* configuration) {
  auto row = rows.FindById(ResourceKind::kSettings, store::kSettingsId);
  if (!row.ok()) return row.status();
  if (!row->has_value()) return absl::OkStatus();
  auto settings = store::Decode<config::v1::Settings>(**row);
  if (!settings.ok()) return settings.status();
  *configuration->mutable_settings() = *std::move(settings);
  return absl::OkStatus();
}

absl::Status AddProviders(const store::ResourceRows& rows, Configuration* configuration) {
  auto listed = rows.List(ResourceKind::kProvider);
  if (!listed.ok()) return listed.status();
  for (const ResourceRow& row : *listed) {
    auto provider = store::Decode<config::v1::Provider>(row);
    if (!provider.ok()) return provider.status();
    *configuration->add_providers() = *std::move(provider);
  }
  return absl::OkStatus();
}

absl::Status AddProviderKeys(const store::ResourceRows& rows, const sealing::Sealer& sealer,
                             Configuration* configuration) {
  auto listed = rows.List(ResourceKind::kProviderKey);
  if (!listed.ok()) return listed.status();
  for (const ResourceRow& row : *listed) {
    auto key = store::Decode<config::v1::ProviderKey>(row);
    if (!key.ok()) return key.status();
    auto secret = sealer.OpenProviderKey(row.id, row.material);
    if (!secret.ok()) return secret.status();
    config::v1::ProviderKeyEntry* entry = configuration->add_provider_keys();
    *entry->mutable_key() = *std::move(key);
    entry->set_secret(secret->Reveal().data(), secret->Reveal().size());
  }
  return absl::OkStatus();
}

absl::Status AddClientKeys(const store::ResourceRows& rows, Configuration* configuration) {
  auto listed = rows.List(ResourceKind::kClientKey);
  if (!listed.ok()) return listed.status();
  for (const ResourceRow& row : *listed) {
    auto key = store::Decode<config::v1::ClientKey>(row);
    if (!key.ok()) return key.status();
    if (key->has_revoked_at()) continue;
    config::v1::ClientKeyEntry* entry = configuration->add_client_keys();
    *entry->mutable_key() = *std::move(key);
    entry->set_sha256(row.material);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Publisher::Refresh() {
  absl::Status status = Encode();
  absl::MutexLock lock(&mutex_);
  last_status_ = status;
  return status;
}

absl::Status Publisher::Encode() {
  Configuration configuration;
  int64_t newest = 0;
  {
    auto reading = store_.Read();
    if (!reading.ok()) return reading.status();
    const store::ResourceRows& rows = (*reading)->rows();
    auto revision = rows.Revision();
    if (!revision.ok()) return revision.status();
    newest = *revision;
    const auto current = Current();
    if (current != nullptr && current->revision() == newest) return absl::OkStatus();
    absl::Status status = AddSettings(rows, &configuration);
    if (status.ok()) status = AddProviders(rows, &configuration);
    if (status.ok()) status = AddProviderKeys(rows, sealer_, &configuration);
    if (status.ok()) status = AddClientKeys(rows, &configuration);
    if (!status.ok()) return status;
  }
  auto image = ConfigurationImage::Encode(epoch_, newest, std::move(configuration));
  absl::MutexLock lock(&mutex_);
  current_ = std::move(image);
  return absl::OkStatus();
}

std::shared_ptr<const ConfigurationImage> Publisher::Current() const {
  absl::MutexLock lock(&mutex_);
  return current_;
}

absl::Status Publisher::LastStatus() const {
  absl::MutexLock lock(&mutex_);
  return last_status_;
}

}  // namespace sluice::publish
