// Which trace a request belongs to, as the header field `traceparent` says it (W3C Trace Context).
// Pure.
//
//   00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
//   version, trace id, id of the sender's span, flags
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/types/span.h"
#include "dataplane/http/header_list.h"

namespace sluice::http {

// Neither is ever all zeros where there is one.
using TraceId = std::array<uint8_t, 16>;
using SpanId = std::array<uint8_t, 8>;

struct TraceContext {
  static constexpr uint8_t kSampled = 0x01;
  static constexpr uint8_t kRandomId = 0x02;  // the trace id was drawn by chance

  TraceId trace_id{};
  SpanId span_id{};
  uint8_t flags = 0;

  bool sampled() const { return (flags & kSampled) != 0; }
  bool operator==(const TraceContext&) const = default;
};

inline constexpr std::string_view kTraceparent = "traceparent";
inline constexpr std::string_view kTracestate = "tracestate";

// Nothing if `value` is not of that form. Of a later version what this one knows is read. Flags
// that this version does not know are dropped.
std::optional<TraceContext> ParseTraceparent(std::string_view value);
// Of a request's fields. Nothing also if there are two.
std::optional<TraceContext> TraceContextOf(const HeaderList& headers);
// 55 characters, of version 00.
std::string Traceparent(const TraceContext& context);

// Two lower-case digits a byte.
std::string Hex(absl::Span<const uint8_t> bytes);

}  // namespace sluice::http
