#include "dataplane/config/snapshot_builder.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "common/base/text.h"
#include "common/wire/settings.h"
#include "dataplane/config/provider_entry_builder.h"

namespace sluice::config {
namespace {

using Entries = std::vector<std::unique_ptr<ProviderEntry>>;

http::Limits LimitsOf(const v1::Settings& settings) {
  return {
      .max_request_line_bytes = static_cast<size_t>(settings.max_request_line_bytes()),
      .max_header_bytes = static_cast<size_t>(settings.max_header_bytes()),
      .max_header_fields = static_cast<size_t>(settings.max_header_fields()),
      .header_timeout = ToMillis(settings.header_timeout()),
      .body_idle_timeout = ToMillis(settings.body_idle_timeout()),
      .keep_alive_timeout = ToMillis(settings.keep_alive_timeout()),
      .write_stall_timeout = ToMillis(settings.write_stall_timeout()),
      .buffer_high_bytes = static_cast<size_t>(settings.buffer_high_bytes()),
      .buffer_low_bytes = static_cast<size_t>(settings.buffer_low_bytes()),
  };
}

bool Enabled(const v1::Provider& provider) { return !provider.has_enabled() || provider.enabled(); }
bool Enabled(const v1::ProviderKey& key) { return !key.has_enabled() || key.enabled(); }
bool Usable(const v1::ClientKey& key) {
  return (!key.has_enabled() || key.enabled()) && !key.has_revoked_at();
}

Entries BuildProviders(const v1::Configuration& configuration, const v1::Settings& settings,
                       std::vector<wire::Violation>& violations) {
  Entries entries;
  for (const auto& provider : configuration.providers()) {
    if (!Enabled(provider)) continue;
    auto entry = BuildProviderEntry(provider, settings);
    if (entry.ok()) {
      entries.push_back(*std::move(entry));
    } else {
      violations.push_back(
          {base::Cat("provider \"", provider.name(), "\""), std::string(entry.status().message())});
    }
  }
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a->name < b->name; });
  return entries;
}

void AddProviderKeys(const v1::Configuration& configuration, Entries& entries) {
  absl::flat_hash_map<std::string_view, ProviderEntry*> by_name;
  for (const auto& entry : entries) by_name.emplace(entry->name, entry.get());
  for (const auto& stored : configuration.provider_keys()) {
    const auto owner = by_name.find(stored.key().provider());
    if (owner == by_name.end() || !Enabled(stored.key())) continue;
    owner->second->keys.push_back(
        {stored.key().id(), base::Secret(std::string_view(stored.secret()))});
  }
  for (const auto& entry : entries) {
    std::sort(entry->keys.begin(), entry->keys.end(),
              [](const auto& a, const auto& b) { return a.id < b.id; });
  }
}

ClientKeyEntry ClientKeyOf(const v1::ClientKey& key) {
  ClientKeyEntry entry{.id = key.id(),
                       .name = key.name(),
                       .providers = {key.providers().begin(), key.providers().end()}};
  std::sort(entry.providers.begin(), entry.providers.end());
  if (key.has_expires_at()) {
    entry.expires_at = absl::FromUnixSeconds(key.expires_at().seconds()) +
                       absl::Nanoseconds(key.expires_at().nanos());
  }
  return entry;
}

void LendGuards(const v1::Configuration& configuration, Entries& entries, LiveState& live_state) {
  for (const auto& entry : entries) entry->pool = live_state.PoolOf(entry->name);
  std::set<std::string_view> configured;
  for (const auto& provider : configuration.providers()) configured.insert(provider.name());
  live_state.KeepOnly(configured);
}

absl::Status Refuse(const std::vector<wire::Violation>& found, std::vector<wire::Violation>* out) {
  if (out != nullptr) out->insert(out->end(), found.begin(), found.end());
  return wire::ToStatus(found);
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Snapshot>> SnapshotBuilder::Build(
    const v1::Configuration& configuration, const std::string& epoch, int64_t revision,
    const std::string& hash, LiveState& live_state, std::vector<wire::Violation>* violations) {
  std::vector<wire::Violation> found = wire::CheckConfiguration(configuration);
  if (!found.empty()) return Refuse(found, violations);

  const v1::Settings settings = wire::WithDefaults(configuration.settings());
  Entries entries = BuildProviders(configuration, settings, found);
  if (!found.empty()) return Refuse(found, violations);
  AddProviderKeys(configuration, entries);
  LendGuards(configuration, entries, live_state);

  std::shared_ptr<Snapshot> snapshot(new Snapshot());
  snapshot->epoch_ = epoch;
  snapshot->revision_ = revision;
  snapshot->hash_ = hash;
  snapshot->passthrough_enabled_ = settings.enable_passthrough_routes();
  snapshot->v1_alias_allowed_ = settings.allow_passthrough_v1_alias();
  snapshot->limits_ = LimitsOf(settings);
  TakeProviders(std::move(entries), *snapshot);
  AddClientKeys(configuration, *snapshot);
  return snapshot;
}

void SnapshotBuilder::TakeProviders(Entries entries, Snapshot& snapshot) {
  snapshot.providers_.reserve(entries.size());
  snapshot.providers_by_name_.reserve(entries.size());
  for (auto& entry : entries) {
    snapshot.providers_by_name_.emplace(entry->name, entry.get());
    snapshot.providers_.push_back(std::move(entry));
  }
}

void SnapshotBuilder::AddClientKeys(const v1::Configuration& configuration, Snapshot& snapshot) {
  snapshot.client_keys_.reserve(configuration.client_keys_size());
  for (const auto& stored : configuration.client_keys()) {
    if (!Usable(stored.key())) continue;
    // The checker has made sure of the 32 bytes; a digest of another size could match nothing.
    crypto::Sha256Digest digest{};
    if (stored.sha256().size() != digest.size()) continue;
    std::memcpy(digest.data(), stored.sha256().data(), digest.size());
    snapshot.client_keys_.emplace(digest, ClientKeyOf(stored.key()));
  }
}

}  // namespace sluice::config
