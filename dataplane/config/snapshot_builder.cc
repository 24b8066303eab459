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

std::optional<crypto::Sha256Digest> DigestOf(const v1::ClientKeyEntry& key) {
  crypto::Sha256Digest digest{};
  // The checker has made sure of the 32 bytes; a digest of another size could match nothing.
  if (key.sha256().size() != digest.size()) return std::nullopt;
  std::memcpy(digest.data(), key.sha256().data(), digest.size());
  return digest;
}

// False if another key has the digest.
bool AddClientKey(const v1::ClientKeyEntry& key, ClientKeyIndex::Draft& draft) {
  const auto digest = DigestOf(key);
  if (!Usable(key.key()) || !digest.has_value()) return true;
  return draft.Insert(*digest, ClientKeyOf(key.key()));
}

ClientKeyIndex IndexAfter(const ClientKeyIndex& former,
                          const SnapshotBuilder::Difference& difference,
                          std::vector<wire::Violation>& violations) {
  ClientKeyIndex::Draft draft(former);
  for (const v1::ClientKeyEntry& key : difference.former_keys) {
    const auto digest = DigestOf(key);
    if (digest.has_value() && Usable(key.key())) draft.Erase(*digest);
  }
  for (const v1::ClientKeyEntry& key : difference.part->client_keys()) {
    if (AddClientKey(key, draft)) continue;
    violations.push_back(
        {base::Cat("client key \"", key.key().name(), "\""), "sha256 is that of another key"});
  }
  return std::move(draft).Take();
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

// Settings, providers and provider keys; on an error nothing of `live_state` is different.
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
  return absl::OkStatus();
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
  ClientKeyIndex::Draft draft{ClientKeyIndex()};
  for (const auto& key : configuration.client_keys()) AddClientKey(key, draft);
  snapshot->client_keys_ = std::move(draft).Take();
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
  snapshot->client_keys_ = IndexAfter(former.client_keys_, difference, found);
  if (!found.empty()) return Refuse(found, violations);
  if (difference.gateway_changed &&
      !TakeGateway(*difference.part, live_state, *snapshot, found).ok()) {
    return Refuse(found, violations);
  }
  return snapshot;
}

}  // namespace sluice::config
