#include "dataplane/proxy/request_trace.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "common/crypto/digest.h"

namespace sluice::proxy {
namespace {

// The last bytes of a trace id that decide whether it is sampled: as many as a double holds.
constexpr size_t kDecidingBytes = 6;

template <typename Id>
void Draw(Id& id) {
  const std::string bytes = crypto::RandomBytes(id.size());
  std::copy(bytes.begin(), bytes.end(), id.begin());
  if (std::all_of(id.begin(), id.end(), [](uint8_t byte) { return byte == 0; })) id.back() = 1;
}

bool IsChosen(const http::TraceId& id, double share) {
  uint64_t number = 0;
  for (size_t i = id.size() - kDecidingBytes; i < id.size(); ++i) number = number << 8 | id[i];
  return static_cast<double>(number) < std::ldexp(share, 8 * kDecidingBytes);
}

std::string WithoutBrackets(std::string_view host) {
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return std::string(host);
}

}  // namespace

RequestTrace::RequestTrace(const http::HeaderList& headers, double share) {
  if (const auto sent = http::TraceContextOf(headers); sent.has_value()) {
    upstream_ = *sent;
    parent_id_ = sent->span_id;
  } else {
    Draw(upstream_.trace_id);
    if (IsChosen(upstream_.trace_id, share)) upstream_.flags = http::TraceContext::kSampled;
    fields_.begins_here = true;
  }
  Draw(span_id_);
  Draw(upstream_.span_id);
  fields_.traceparent = http::Traceparent(upstream_);
}

std::shared_ptr<const observe::TraceNote> RequestTrace::Note(
    std::string request_model, std::string response_model,
    const config::ProviderEntry* provider) const {
  auto note = std::make_shared<observe::TraceNote>();
  note->trace_id = upstream_.trace_id;
  note->span_id = span_id_;
  note->parent_id = parent_id_;
  note->upstream_span_id = upstream_.span_id;
  note->request_model = std::move(request_model);
  note->response_model = std::move(response_model);
  if (provider == nullptr) return note;
  note->provider_name = provider->telemetry_name;
  note->server_address = WithoutBrackets(provider->base.host);
  note->server_port = provider->base.port;
  return note;
}

}  // namespace sluice::proxy
