// The heads of a request and of a response, as both sides of the gateway understand them: parsed,
// checked, and free of what belongs to one connection only.
#pragma once

#include <cstdint>
#include <string>

#include "dataplane/http/header_list.h"

namespace sluice::http {

// How the end of a body is known.
struct Framing {
  enum class Kind {
    kNone,           // no body, and no header that speaks of one
    kContentLength,  // `length` bytes; may be 0
    kChunked,        // length not known beforehand
    kUntilClose,     // responses of HTTP/1.0-style upstreams only
  };
  Kind kind = Kind::kNone;
  uint64_t length = 0;  // bytes, for kContentLength

  static Framing None() { return {}; }
  static Framing Length(uint64_t bytes) { return {Kind::kContentLength, bytes}; }
  static Framing Chunked() { return {Kind::kChunked, 0}; }
  static Framing UntilClose() { return {Kind::kUntilClose, 0}; }
  bool has_body() const {
    return kind != Kind::kNone && !(kind == Kind::kContentLength && length == 0);
  }
};

struct RequestHead {
  std::string method;
  // The request target exactly as sent: visible ASCII, not empty. Every further rule about it is
  // policy's.
  std::string target;
  int minor_version = 1;  // HTTP/1.minor_version
  // Every field as sent, Content-Length, Transfer-Encoding, Connection and Host included.
  HeaderList headers;
  Framing framing;
  bool expects_continue = false;  // `Expect: 100-continue` on HTTP/1.1
};

struct ResponseHead {
  int status = 0;      // 200 to 599; 1xx never gets here
  std::string reason;  // may be empty; may hold any field-value byte
  // Without Content-Length, Transfer-Encoding and Connection: the edge writes those from `framing`
  // and from what the connection will do next. (A spelling of Content-Length that the upstream used
  // is kept in `length_name`.)
  HeaderList headers;
  Framing framing;
  // For an answer to HEAD and for 304: the Content-Length the upstream announced goes out although
  // no body follows. True here means `framing` describes the body that GET would have had.
  bool bodyless = false;
  // The index in `headers` before which Content-Length or Transfer-Encoding is written, so that the
  // order of the upstream's fields is kept; headers.size() or more: after the last.
  size_t framing_at = SIZE_MAX;
  std::string length_name = "Content-Length";
};

}  // namespace sluice::http
