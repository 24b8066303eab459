// A configuration as requests use it: immutable, indexed, everything derived beforehand.
//
// Built once per revision by snapshot_builder, shared by all workers, destroyed when the last
// request that started with it has ended. Views and pointers into it are valid as long as the
// Snapshot.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/base/secret.h"
#include "common/catalog/preset.h"
#include "common/wire/config_check.h"
#include "dataplane/config/client_key_index.h"
#include "dataplane/config/model_price.h"
#include "dataplane/config/token_issuers.h"
#include "dataplane/guard/provider_guards.h"
#include "dataplane/http/limits.h"

namespace sluice::config {

// How long to wait for a provider.
struct UpstreamTimes {
  std::chrono::milliseconds connect;
  std::chrono::milliseconds first_byte;
  std::chrono::milliseconds stream_idle;
};

// A header policy of the operator, checked: no hop-by-hop or credential header, tokens and field
// values only.
struct HeaderEdits {
  std::vector<std::string> remove;
  std::vector<std::pair<std::string, std::string>> set;
  std::vector<std::pair<std::string, std::string>> add;
};

struct ProviderKeyEntry {
  std::string id;
  base::Secret secret;
};

// When a request is tried once more (proxy/retry_rules.h).
struct RetryPolicy {
  int max_attempts = 2;  // the first included
  bool repeat_unsafe = false;
};

// A provider instance with its preset's values filled in. Disabled providers are not in a Snapshot.
struct ProviderEntry {
  struct Root {
    std::string prefix;  // of the endpoint
    std::string path;    // on the base URL's origin; begins and ends with /
  };
  struct Auth {
    std::string prefix;  // of the endpoint; empty: all
    std::string header;  // empty: no key is sent
    std::string scheme;
  };

  std::string name;
  wire::BaseUrl base;
  std::string origin;  // base.Origin()
  std::vector<Root> roots;
  std::vector<Auth> auth;
  std::vector<std::pair<std::string, std::string>> default_headers;
  std::vector<std::string> rewrite_response_headers;
  std::vector<std::string> denied_endpoints;
  std::string key_query_parameter;
  std::string session_header;
  std::string telemetry_name;
  std::vector<catalog::UsageRule> usage;
  bool strip_v1 = true;
  bool decode_slashes = true;
  bool key_required = true;
  HeaderEdits request_headers;
  HeaderEdits response_headers;
  UpstreamTimes times;
  uint64_t max_body_bytes = 0;
  std::vector<ProviderKeyEntry> keys;    // enabled ones, by id
  std::vector<guard::PooledKey> pooled;  // the same keys, as they are lent
  guard::KeyStrategy key_strategy = guard::KeyStrategy::kRoundRobin;
  RetryPolicy retries;
  guard::BreakerRules breaker;
  int32_t max_concurrent = guard::InFlightGate::kNoLimit;
  std::vector<ModelPrice> prices;  // in the order in which they are tried
  std::shared_ptr<guard::ProviderGuards> guards;
};

// The enabled providers of a configuration. Shared by the snapshots of revisions that do not differ
// in them.
struct ProviderTable {
  std::vector<std::unique_ptr<const ProviderEntry>> entries;  // by name
  absl::flat_hash_map<std::string_view, const ProviderEntry*> by_name;
};

class Snapshot {
 public:
  const std::string& epoch() const { return epoch_; }
  int64_t revision() const { return revision_; }
  const std::string& hash() const { return hash_; }  // 32 raw bytes

  bool passthrough_enabled() const { return passthrough_enabled_; }
  bool v1_alias_allowed() const { return v1_alias_allowed_; }
  const http::Limits& limits() const { return limits_; }

  // Sorted by name. Enabled ones only.
  const std::vector<std::unique_ptr<const ProviderEntry>>& providers() const {
    return providers_->entries;
  }
  // Null if there is none, or it is disabled. Case-sensitive.
  const ProviderEntry* FindProvider(std::string_view name) const;
  // By the SHA-256 of a key's text. Null if unknown, disabled or revoked.
  const ClientKeyEntry* FindClientKey(const crypto::Sha256Digest& digest) const {
    const ClientKeyEntry* entry = client_keys_.Find(digest);
    return entry != nullptr && entry->enabled ? entry : nullptr;
  }
  const TokenIssuers& token_issuers() const { return *token_issuers_; }
  size_t client_key_count() const { return client_keys_.size(); }  // disabled ones too
  // Of keys that this revision has revoked together with what is under way.
  const std::vector<std::shared_ptr<guard::ClientKeyGuard>>& cuts() const { return cuts_; }

 private:
  friend class SnapshotBuilder;
  Snapshot() = default;

  std::string epoch_;
  int64_t revision_ = 0;
  std::string hash_;
  bool passthrough_enabled_ = true;
  bool v1_alias_allowed_ = true;
  http::Limits limits_;
  std::shared_ptr<const ProviderTable> providers_;
  ClientKeyIndex client_keys_;
  std::shared_ptr<const TokenIssuers> token_issuers_;
  std::vector<std::shared_ptr<guard::ClientKeyGuard>> cuts_;
};

}  // namespace sluice::config
