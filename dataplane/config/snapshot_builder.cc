#include "dataplane/config/snapshot_builder.h"

#include <algorithm>
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

// After AddProviderKeys: the same keys in the same order.
void PoolKeys(const v1::Configuration& configuration, Entries& entries, LiveState& live_state) {
  absl::flat_hash_map<std::string_view, const v1::ProviderKey*> by_id;
  for (const auto& stored : configuration.provider_keys()) {
    by_id.emplace(stored.key().id(), &stored.key());
  }
  for (const auto& entry : entries) {
    for (const ProviderKeyEntry& key : entry->keys) {
      const v1::ProviderKey& stored = *by_id.at(key.id);
      entry->pooled.push_back(
          {live_state.KeyStateOf(key.id, base::Cat(stored.provider(), "/", stored.name()),
                                 stored.generation()),
           stored.has_weight() ? static_cast<uint32_t>(stored.weight()) : 1});
    }
  }
}

void LendGuards(const v1::Configuration& configuration, Entries& entries, LiveState& live_state) {
  for (const auto& entry : entries) entry->guards = live_state.GuardsOf(entry->name);
  PoolKeys(configuration, entries, live_state);
  std::set<std::string_view> configured;
  for (const auto& provider : configuration.providers()) configured.insert(provider.name());
  std::set<std::string_view> keys;
  for (const auto& stored : configuration.provider_keys()) keys.insert(stored.key().id());
  live_state.KeepOnly(configured, keys);
}

std::shared_ptr<const ProviderTable> TableOf(Entries entries) {
  auto table = std::make_shared<ProviderTable>();
  table->entries.reserve(entries.size());
  table->by_name.reserve(entries.size());
  for (auto& entry : entries) {
    table->by_name.emplace(entry->name, entry.get());
    table->entries.push_back(std::move(entry));
  }
  return table;
}

absl::Status Refuse(const std::vector<wire::Violation>& found, std::vector<wire::Violation>* out) {
  if (out != nullptr) out->insert(out->end(), found.begin(), found.end());
  return wire::ToStatus(found);
}

}  // namespace

// Settings, providers, provider keys and token issuers; on an error nothing of `live_state` is
// different.
absl::Status SnapshotBuilder::TakeGateway(const v1::Configuration& configuration,
                                          LiveState& live_state, Snapshot& snapshot,
                                          std::vector<wire::Violation>& found) {
  const v1::Settings settings = wire::WithDefaults(configuration.settings());
  Entries entries = BuildProviders(configuration, settings, found);
  if (!found.empty()) return wire::ToStatus(found);
  AddProviderKeys(configuration, entries);
  LendGuards(configuration, entries, live_state);
  snapshot.passthrough_enabled_ = settings.enable_passthrough_routes();
  snapshot.v1_alias_allowed_ = settings.allow_passthrough_v1_alias();
  snapshot.limits_ = LimitsOf(settings);
  snapshot.providers_ = TableOf(std::move(entries));
  snapshot.token_issuers_ =
      std::make_shared<const TokenIssuers>(configuration, live_state.token_issuers());
  live_state.KeepTokenIssuers(snapshot.token_issuers_);
  return absl::OkStatus();
}

void SnapshotBuilder::TakeClientKeys(ClientKeyBuilder keys, LiveState& live_state,
                                     Snapshot& snapshot) {
  snapshot.cuts_ = keys.cuts();
  snapshot.client_keys_ = std::move(keys).Take();
  live_state.KeepClientKeys(snapshot.client_keys_);
}

absl::StatusOr<std::shared_ptr<const Snapshot>> SnapshotBuilder::Build(
    const v1::Configuration& configuration, const std::string& epoch, int64_t revision,
    const std::string& hash, LiveState& live_state, std::vector<wire::Violation>* violations) {
  std::vector<wire::Violation> found = wire::CheckConfiguration(configuration);
  if (!found.empty()) return Refuse(found, violations);
  std::shared_ptr<Snapshot> snapshot(new Snapshot());
  snapshot->epoch_ = epoch;
  snapshot->revision_ = revision;
  snapshot->hash_ = hash;
  if (!TakeGateway(configuration, live_state, *snapshot, found).ok()) {
    return Refuse(found, violations);
  }
  ClientKeyBuilder keys = ClientKeyBuilder::Anew(live_state.client_keys());
  for (const auto& key : configuration.client_keys()) keys.Add(key);
  TakeClientKeys(std::move(keys), live_state, *snapshot);
  return snapshot;
}

absl::StatusOr<std::shared_ptr<const Snapshot>> SnapshotBuilder::BuildOn(
    const Snapshot& former, const Difference& difference, int64_t revision, const std::string& hash,
    LiveState& live_state, std::vector<wire::Violation>* violations) {
  std::vector<wire::Violation> found = wire::CheckConfiguration(*difference.part);
  if (!found.empty()) return Refuse(found, violations);
  std::shared_ptr<Snapshot> snapshot(new Snapshot(former));
  snapshot->revision_ = revision;
  snapshot->hash_ = hash;
  ClientKeyBuilder keys(former.client_keys_);
  for (const auto& key : difference.former_keys) keys.Remove(key);
  for (const auto& key : difference.part->client_keys()) {
    if (keys.Add(key)) continue;
    found.push_back(
        {base::Cat("client key \"", key.key().name(), "\""), "sha256 is that of another key"});
  }
  if (!found.empty()) return Refuse(found, violations);
  if (difference.gateway_changed &&
      !TakeGateway(*difference.part, live_state, *snapshot, found).ok()) {
    return Refuse(found, violations);
  }
  TakeClientKeys(std::move(keys), live_state, *snapshot);
  return snapshot;
}

}  // namespace sluice::config
