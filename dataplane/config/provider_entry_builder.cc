#include "dataplane/config/provider_entry_builder.h"

#include <algorithm>
#include <utility>

namespace sluice::config {
namespace {

using HeaderFields = google::protobuf::RepeatedPtrField<v1::HeaderField>;
using Strings = google::protobuf::RepeatedPtrField<std::string>;

std::vector<std::pair<std::string, std::string>> Pairs(const HeaderFields& fields) {
  std::vector<std::pair<std::string, std::string>> pairs;
  pairs.reserve(fields.size());
  for (const auto& field : fields) pairs.emplace_back(field.name(), field.value());
  return pairs;
}

std::vector<std::string> List(const Strings& strings) { return {strings.begin(), strings.end()}; }

HeaderEdits Edits(const v1::HeaderPolicy& policy) {
  return {.remove = List(policy.remove()), .set = Pairs(policy.set()), .add = Pairs(policy.add())};
}

UpstreamTimes Times(const v1::Timeouts& own, const v1::Timeouts& settings) {
  return {
      .connect = ToMillis(own.has_connect() ? own.connect() : settings.connect()),
      .first_byte = ToMillis(own.has_first_byte() ? own.first_byte() : settings.first_byte()),
      .stream_idle = ToMillis(own.has_stream_idle() ? own.stream_idle() : settings.stream_idle()),
  };
}

void CopyRules(const v1::Provider& provider, ProviderEntry& entry) {
  for (const auto& root : provider.roots()) entry.roots.push_back({root.prefix(), root.path()});
  for (const auto& auth : provider.auth()) {
    entry.auth.push_back({auth.prefix(), auth.header(), auth.scheme()});
  }
  entry.default_headers = Pairs(provider.default_headers());
  entry.rewrite_response_headers = List(provider.rewrite_response_headers());
  entry.denied_endpoints = List(provider.denied_endpoints());
  entry.request_headers = Edits(provider.request_headers());
  entry.response_headers = Edits(provider.response_headers());
}

guard::KeyStrategy StrategyOf(v1::KeyStrategy strategy) {
  switch (strategy) {
    case v1::KEY_STRATEGY_LEAST_LOADED:
      return guard::KeyStrategy::kLeastLoaded;
    case v1::KEY_STRATEGY_STICKY:
      return guard::KeyStrategy::kSticky;
    default:
      return guard::KeyStrategy::kRoundRobin;
  }
}

guard::BreakerRules RulesOf(const v1::CircuitBreaker& breaker) {
  guard::BreakerRules rules;
  if (breaker.has_enabled()) rules.enabled = breaker.enabled();
  if (breaker.has_failure_percent()) rules.failure_percent = breaker.failure_percent();
  if (breaker.has_minimum_requests()) rules.minimum_requests = breaker.minimum_requests();
  if (breaker.has_window()) rules.window = ToMillis(breaker.window());
  if (breaker.has_open_for()) rules.open_for = ToMillis(breaker.open_for());
  return rules;
}

void CopyGuardRules(const v1::Provider& provider, ProviderEntry& entry) {
  entry.key_strategy = StrategyOf(provider.key_strategy());
  const v1::RetryPolicy& retries = provider.retries();
  if (retries.has_max_attempts()) entry.retries.max_attempts = retries.max_attempts();
  entry.retries.repeat_unsafe = retries.repeat_unsafe();
  entry.breaker = RulesOf(provider.breaker());
  if (provider.has_max_concurrent()) entry.max_concurrent = provider.max_concurrent();
}

ModelPrice PriceOf(const v1::ModelPrice& price) {
  ModelPrice copy;
  copy.model = price.model();
  std::replace(copy.model.begin(), copy.model.end(), '/', '\x01');
  if (price.has_up_to_input_tokens()) copy.up_to_input_tokens = price.up_to_input_tokens();
  if (price.has_input_nanos()) copy.input = price.input_nanos();
  if (price.has_cached_input_nanos()) copy.cached_input = price.cached_input_nanos();
  if (price.has_cache_write_nanos()) copy.cache_write = price.cache_write_nanos();
  if (price.has_output_nanos()) copy.output = price.output_nanos();
  if (price.has_reasoning_nanos()) copy.reasoning = price.reasoning_nanos();
  if (price.has_request_nanos()) copy.request = price.request_nanos();
  if (price.has_audio_minute_nanos()) copy.audio_minute = price.audio_minute_nanos();
  return copy;
}

void CopyPreset(const catalog::Preset& preset, ProviderEntry& entry) {
  entry.key_query_parameter = preset.key_query_parameter;
  entry.session_header = preset.session_header;
  entry.telemetry_name = preset.telemetry_name.empty() ? preset.name : preset.telemetry_name;
  entry.usage = preset.usage;
  entry.key_required = preset.key_required;
}

}  // namespace

std::chrono::milliseconds ToMillis(const google::protobuf::Duration& duration) {
  return std::chrono::milliseconds(duration.seconds() * 1000 + duration.nanos() / 1'000'000);
}

absl::StatusOr<std::unique_ptr<ProviderEntry>> BuildProviderEntry(const v1::Provider& provider,
                                                                  const v1::Settings& settings) {
  const auto resolved = catalog::Resolve(provider);
  if (!resolved.ok()) return resolved.status();
  const v1::Provider& effective = resolved->provider;
  auto base = wire::ParseBaseUrl(effective.base_url());
  if (!base.ok()) return base.status();

  auto entry = std::make_unique<ProviderEntry>();
  entry->name = effective.name();
  entry->base = *std::move(base);
  entry->origin = entry->base.Origin();
  CopyRules(effective, *entry);
  CopyGuardRules(effective, *entry);
  CopyPreset(*resolved->preset, *entry);
  for (const v1::ModelPrice& price : effective.prices()) entry->prices.push_back(PriceOf(price));
  entry->strip_v1 = effective.strip_v1();
  entry->decode_slashes = effective.encoded_slashes() != v1::ENCODED_SLASHES_PRESERVE;
  entry->times = Times(effective.timeouts(), settings.timeouts());
  entry->max_body_bytes = static_cast<uint64_t>(
      effective.has_max_body_bytes() ? effective.max_body_bytes() : settings.max_body_bytes());
  return entry;
}

}  // namespace sluice::config
