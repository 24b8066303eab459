#include "dataplane/observe/usage_record.h"

#include <algorithm>

namespace sluice::observe {
namespace {

using fleet::v1::UsageRecord;

UsageRecord::Side SideOf(const std::optional<http::Side>& failed) {
  if (!failed.has_value()) return UsageRecord::NONE;
  switch (*failed) {
    case http::Side::kDownstream:
      return UsageRecord::DOWNSTREAM;
    case http::Side::kUpstream:
      return UsageRecord::UPSTREAM;
    case http::Side::kGateway:
      break;
  }
  return UsageRecord::GATEWAY;
}

UsageRecord::Quality QualityOf(UsageQuality quality) {
  return static_cast<UsageRecord::Quality>(static_cast<int>(quality) + 1);
}
static_assert(static_cast<int>(UsageQuality::kUnmetered) + 1 == UsageRecord::UNMETERED);

// What a peer wrote: bounded, and valid in a protobuf string.
std::string Plain(std::string_view text) {
  std::string plain(text.substr(0, kMostRecordText));
  for (char& c : plain) {
    if (c < ' ' || c > '~') c = '?';
  }
  return plain;
}

// Up to what a control plane takes for a count.
int64_t Sum(int64_t a, int64_t b) {
  constexpr int64_t kMost = 1'000'000'000'000'000;
  return std::min(a + b, kMost);
}

}  // namespace

UsageRecord ToUsageRecord(const RequestRecord& record) {
  UsageRecord usage;
  const int64_t nanos = absl::ToUnixNanos(record.ended_at);
  usage.mutable_ended_at()->set_seconds(nanos / 1'000'000'000);
  usage.mutable_ended_at()->set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
  usage.set_requests(1);
  usage.set_client_key_id(Plain(record.client_key_id));
  usage.set_provider(Plain(record.provider));
  usage.set_provider_key_id(Plain(record.provider_key_id));
  usage.set_model(Plain(record.model));
  usage.set_status(record.outcome.status);
  usage.set_side(SideOf(record.outcome.failed));
  usage.set_quality(QualityOf(record.quality));
  usage.set_input_tokens(record.tokens.input);
  usage.set_output_tokens(record.tokens.output);
  usage.set_cached_tokens(record.tokens.cached);
  usage.set_cache_write_tokens(record.tokens.cache_write);
  usage.set_reasoning_tokens(record.tokens.reasoning);
  if (record.tokens.cost_nanos.has_value()) usage.set_cost_nanos(*record.tokens.cost_nanos);
  usage.set_bytes_up(static_cast<int64_t>(record.outcome.bytes_up));
  usage.set_bytes_down(static_cast<int64_t>(record.outcome.bytes_down));
  usage.set_duration_us(record.times.total);
  usage.set_first_byte_us(record.times.first_byte.value_or(0));
  usage.set_audio_ms(record.tokens.audio_ms);
  usage.set_request_id(Plain(record.request_id));
  return usage;
}

void AddUsage(const UsageRecord& more, UsageRecord* sum) {
  sum->set_requests(Sum(sum->requests(), more.requests()));
  sum->set_input_tokens(Sum(sum->input_tokens(), more.input_tokens()));
  sum->set_output_tokens(Sum(sum->output_tokens(), more.output_tokens()));
  sum->set_cached_tokens(Sum(sum->cached_tokens(), more.cached_tokens()));
  sum->set_cache_write_tokens(Sum(sum->cache_write_tokens(), more.cache_write_tokens()));
  sum->set_reasoning_tokens(Sum(sum->reasoning_tokens(), more.reasoning_tokens()));
  if (more.has_cost_nanos()) sum->set_cost_nanos(Sum(sum->cost_nanos(), more.cost_nanos()));
  sum->set_bytes_up(Sum(sum->bytes_up(), more.bytes_up()));
  sum->set_bytes_down(Sum(sum->bytes_down(), more.bytes_down()));
  sum->set_duration_us(Sum(sum->duration_us(), more.duration_us()));
  sum->set_first_byte_us(Sum(sum->first_byte_us(), more.first_byte_us()));
  sum->set_audio_ms(Sum(sum->audio_ms(), more.audio_ms()));
}

}  // namespace sluice::observe
