#include "dataplane/http/trace_context.h"

#include <algorithm>

namespace sluice::http {
namespace {

constexpr size_t kVersionAt = 0;
constexpr size_t kTraceAt = 3;
constexpr size_t kSpanAt = 36;
constexpr size_t kFlagsAt = 53;
constexpr size_t kSize = 55;
constexpr uint8_t kNoVersion = 0xff;

// Upper-case digits are none here.
int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool ReadHex(std::string_view text, size_t at, absl::Span<uint8_t> out) {
  for (size_t i = 0; i < out.size(); ++i) {
    const int high = HexValue(text[at + 2 * i]);
    const int low = HexValue(text[at + 2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<uint8_t>(high * 16 + low);
  }
  return true;
}

bool IsZero(absl::Span<const uint8_t> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
}

}  // namespace

std::optional<TraceContext> ParseTraceparent(std::string_view value) {
  if (value.size() < kSize) return std::nullopt;
  for (const size_t dash : {kTraceAt, kSpanAt, kFlagsAt}) {
    if (value[dash - 1] != '-') return std::nullopt;
  }
  TraceContext context;
  uint8_t version = 0;
  const bool digits = ReadHex(value, kVersionAt, absl::MakeSpan(&version, 1)) &&
                      ReadHex(value, kTraceAt, absl::MakeSpan(context.trace_id)) &&
                      ReadHex(value, kSpanAt, absl::MakeSpan(context.span_id)) &&
                      ReadHex(value, kFlagsAt, absl::MakeSpan(&context.flags, 1));
  if (!digits || version == kNoVersion) return std::nullopt;
  // Later versions may say more, behind another dash.
  if (value.size() > kSize && (version == 0 || value[kSize] != '-')) return std::nullopt;
  if (IsZero(context.trace_id) || IsZero(context.span_id)) return std::nullopt;
  context.flags &= TraceContext::kSampled | TraceContext::kRandomId;
  return context;
}

std::optional<TraceContext> TraceContextOf(const HeaderList& headers) {
  if (headers.Count(kTraceparent) != 1) return std::nullopt;
  return ParseTraceparent(*headers.Find(kTraceparent));
}

std::string Traceparent(const TraceContext& context) {
  std::string text = "00-";
  text += Hex(context.trace_id);
  text += '-';
  text += Hex(context.span_id);
  text += '-';
  text += Hex(absl::MakeConstSpan(&context.flags, 1));
  return text;
}

std::string Hex(absl::Span<const uint8_t> bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace sluice::http
