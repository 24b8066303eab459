// What is known of one request when it has ended, for the access log and the accounts. Plain
// values; no secret, no query, no body.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "dataplane/http/trace_context.h"
#include "dataplane/observe/outcome.h"
#include "dataplane/observe/usage_counts.h"

namespace sluice::observe {

// Tokens of the answer; see meter/usage.h.
struct TokenUse {
  int64_t input = 0;
  int64_t output = 0;
  int64_t cached = 0;
  int64_t cache_write = 0;
  int64_t reasoning = 0;
  std::optional<int64_t> cost_nanos = std::nullopt;
  int64_t audio_ms = 0;
};

// Microseconds since the request's head was there.
struct RequestTimes {
  std::optional<int64_t> admitted = std::nullopt;    // it may go to its provider
  std::optional<int64_t> first_byte = std::nullopt;  // the answer's head was there
  int64_t total = 0;
  // What a new connection to the provider took, that of the last try; not: one was used again.
  std::optional<int64_t> connect = std::nullopt;
};

// Of a request whose trace is sampled: what its spans say beyond the record.
struct TraceNote {
  http::TraceId trace_id{};
  http::SpanId span_id{};
  std::optional<http::SpanId> parent_id = std::nullopt;  // the client's span; not: it begins here
  http::SpanId upstream_span_id{};                       // what the provider was told
  std::string provider_name = {};   // as OpenTelemetry calls it; empty: not known
  std::string request_model = {};   // as the request names it; empty: not known
  std::string response_model = {};  // as the answer names it; empty: it does not
  std::string server_address = {};  // of the provider; empty: not known
  int server_port = 0;
};

struct RequestRecord {
  absl::Time ended_at;
  std::string request_id;                // the client's own, if it sent one
  std::string upstream_request_id = {};  // the provider's; empty: it told none
  int64_t revision = 0;                  // of the configuration; 0: there was none
  // Empty: refused before it was known.
  std::string client_key_id = {};
  std::string provider = {};
  std::string provider_key_id = {};  // of the last try; empty: nothing was sent
  std::string model = {};            // as the answer names it, else the request; empty: not known
  std::string method = {};
  std::string path = {};  // without its query; empty: it could not be read
  RequestOutcome outcome = {};
  std::string_view reason = {};  // code of the gateway's own answer; empty: none. Static storage
  int tries = 0;
  RequestTimes times = {};
  TokenUse tokens = {};
  UsageQuality quality = UsageQuality::kUnmetered;
  std::shared_ptr<const TraceNote> trace = nullptr;  // null: not traced, or not sampled
};

}  // namespace sluice::observe
