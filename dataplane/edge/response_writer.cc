#include "dataplane/edge/response_writer.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>

namespace sluice::edge {
namespace {

using http::Framing;

void Append(std::string& out, std::initializer_list<std::string_view> parts) {
  for (std::string_view part : parts) out.append(part);
}

std::string_view Decimal(uint64_t number, char (&digits)[20]) {
  return {digits, static_cast<size_t>(std::to_chars(digits, digits + 20, number).ptr - digits)};
}

bool IsLineSafe(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const unsigned char byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\t') || byte == 0x7f;
  });
}

// Written by the edge alone. Another one next to ours would frame the message twice.
bool IsOurs(std::string_view name) {
  return http::NameEquals(name, "Connection") || http::NameEquals(name, "Content-Length") ||
         http::NameEquals(name, "Transfer-Encoding");
}

bool IsWritable(const http::ResponseHead& head) {
  if (head.status < 200 || head.status > 599) return false;
  if (!IsLineSafe(head.reason) || !http::NameEquals(head.length_name, "Content-Length")) {
    return false;
  }
  for (size_t i = 0; i < head.headers.size(); ++i) {
    const auto field = head.headers[i];
    if (!http::IsToken(field.name) || !IsLineSafe(field.value)) return false;
  }
  return true;
}

void AppendFraming(const http::ResponseHead& head, const AnswerContext& context, BodyMode mode,
                   std::string& out) {
  if (head.status == 204) return;
  const Framing::Kind kind = head.framing.kind;
  if (kind == Framing::Kind::kContentLength) {
    char digits[20];
    Append(out, {head.length_name, ": ", Decimal(head.framing.length, digits), "\r\n"});
  } else if (mode == BodyMode::kChunked ||
             (kind == Framing::Kind::kChunked && mode == BodyMode::kNone && !context.http_1_0)) {
    out.append("Transfer-Encoding: chunked\r\n");
  } else if (mode == BodyMode::kLength) {
    // No body and no framing of the source's: without this the client would wait for a close.
    Append(out, {head.length_name, ": 0\r\n"});
  }
}

void AppendConnection(const AnswerContext& context, std::string& out) {
  if (context.close) {
    out.append("Connection: close\r\n");
  } else if (context.http_1_0) {
    out.append("Connection: keep-alive\r\n");
  }
}

}  // namespace

BodyMode BodyModeFor(const http::ResponseHead& head, const AnswerContext& context) {
  const bool never = head.status == 204 || head.status == 304;
  if (never || head.bodyless || context.head_request) return BodyMode::kNone;
  switch (head.framing.kind) {
    case Framing::Kind::kNone:
    case Framing::Kind::kContentLength:
      return BodyMode::kLength;
    case Framing::Kind::kChunked:
    case Framing::Kind::kUntilClose:
      break;
  }
  return context.http_1_0 ? BodyMode::kUntilClose : BodyMode::kChunked;
}

bool AppendHead(const http::ResponseHead& head, const AnswerContext& context, std::string& out) {
  if (!IsWritable(head)) return false;
  const BodyMode mode = BodyModeFor(head, context);
  char digits[20];
  Append(out, {"HTTP/1.1 ", Decimal(static_cast<uint64_t>(head.status), digits), " ", head.reason,
               "\r\n"});
  for (size_t i = 0; i < head.headers.size(); ++i) {
    if (i == head.framing_at) AppendFraming(head, context, mode, out);
    const auto field = head.headers[i];
    if (IsOurs(field.name)) continue;
    Append(out, {field.name, ": ", field.value, "\r\n"});
  }
  if (head.framing_at >= head.headers.size()) AppendFraming(head, context, mode, out);
  AppendConnection(context, out);
  out.append("\r\n");
  return true;
}

ChunkPrefix::ChunkPrefix(size_t size) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  bytes[--at] = '\n';
  bytes[--at] = '\r';
  do {
    bytes[--at] = kHex[size & 0xf];
    size >>= 4;
  } while (size != 0);
}

}  // namespace sluice::edge
