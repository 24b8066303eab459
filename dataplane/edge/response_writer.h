// Response heads as bytes. Pure.
#pragma once

#include <string>
#include <string_view>

#include "dataplane/http/message.h"

namespace sluice::edge {

// What of the request and of the connection an answer's head depends on.
struct AnswerContext {
  bool head_request = false;
  bool http_1_0 = false;
  bool close = false;  // the connection ends after this answer
};

// What follows the head on this connection.
enum class BodyMode { kNone, kLength, kChunked, kUntilClose };

// kUntilClose only for HTTP/1.0 clients; the caller must set `close` then.
BodyMode BodyModeFor(const http::ResponseHead& head, const AnswerContext& context);

// Appends the head with its framing and Connection fields. False, with `out` untouched, if the
// status, reason, a name or a value could not be told from the start of another field: such a head
// must not go out.
bool AppendHead(const http::ResponseHead& head, const AnswerContext& context, std::string& out);

// The line before a chunk: its size and CR LF.
struct ChunkPrefix {
  explicit ChunkPrefix(size_t size);
  std::string_view text() const { return {bytes + at, sizeof(bytes) - at}; }

  char bytes[18];
  size_t at = sizeof(bytes);
};

}  // namespace sluice::edge
