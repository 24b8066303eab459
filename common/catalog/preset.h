// The provider presets: rows of data. Code that asks "is this provider X" is a missing column here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/catalog/usage_dialect.h"
#include "sluice/config/v1/config.pb.h"

namespace sluice::catalog {

struct UsageRule {
  std::string_view prefix;  // of the endpoint; empty: all
  UsageDialect dialect;
};

struct Preset {
  std::string_view name = {};      // e.g. "openai"
  std::string_view title = {};     // e.g. "OpenAI"
  std::string_view base_url = {};  // empty: must be given when an instance is created
  std::vector<config::v1::RootRule> roots = {};
  std::vector<config::v1::AuthRule> auth = {};
  std::vector<config::v1::HeaderField> default_headers = {};
  std::vector<std::string> rewrite_response_headers = {};
  std::vector<std::string> denied_endpoints = {};  // an endpoint, or with a trailing / all below it
  bool key_required = true;
  // The provider also reads its key from this query parameter, so a client's is always removed.
  std::string_view key_query_parameter = {};
  // Sent with a value derived from the client key's id where the client sends none; empty: nothing.
  std::string_view session_header = {};
  std::vector<UsageRule> usage = {};
  std::vector<config::v1::ModelPrice> prices = {};  // see price_rows.h
  // gen_ai.provider.name of OpenTelemetry's conventions; empty: the name of the preset.
  std::string_view telemetry_name = {};
};

// In the order of the documentation.
const std::vector<Preset>& Presets();
// Null if there is none of that name.
const Preset* FindPreset(std::string_view name);

// A provider instance with its preset's values filled in: every field of `provider` that was absent
// has its effective value (enabled, base_url without a trailing /, lists, strip_v1,
// encoded_slashes). `prices` are its own, then its preset's.
struct EffectiveProvider {
  config::v1::Provider provider;
  const Preset* preset = nullptr;
};
// InvalidArgument if the preset is unknown or a base URL is required and missing.
absl::StatusOr<EffectiveProvider> Resolve(const config::v1::Provider& provider);

}  // namespace sluice::catalog
