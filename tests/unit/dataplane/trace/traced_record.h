// A record with a trace, for the tests of what is made of it.
#pragma once

#include <memory>
#include <utility>

#include "dataplane/observe/request_record.h"

namespace sluice::trace {

inline observe::TraceNote FullNote() {
  observe::TraceNote note;
  note.trace_id = {0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6,
                   0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36};
  note.span_id = {0, 0, 0, 0, 0, 0, 0, 0x0a};
  note.parent_id = http::SpanId{0, 0, 0, 0, 0, 0, 0, 0x0b};
  note.upstream_span_id = {0, 0, 0, 0, 0, 0, 0, 0x0c};
  note.provider_name = "openai";
  note.request_model = "gpt-5";
  note.response_model = "gpt-5-2025";
  note.server_address = "api.openai.com";
  note.server_port = 443;
  return note;
}

// Of a request that went through.
inline observe::RequestRecord TracedRecord(observe::TraceNote note = FullNote()) {
  observe::RequestRecord record;
  record.ended_at = absl::FromUnixMicros(1'700'000'000'123'456);
  record.request_id = "req_1";
  record.revision = 7;
  record.client_key_id = "kkkk";
  record.provider = "main";
  record.provider_key_id = "pk";
  record.model = "gpt-5-2025";
  record.method = "POST";
  record.path = "/p/main/v1/chat/completions";
  record.outcome = {200, std::nullopt, 10, 20};
  record.tries = 2;
  record.times = {100, 2000, 30000, 250};
  record.tokens = {5, 6, 1, 2, 3, std::nullopt};
  record.quality = observe::UsageQuality::kComplete;
  record.trace = std::make_shared<const observe::TraceNote>(std::move(note));
  return record;
}

}  // namespace sluice::trace
