// Reads requests from the bytes of one connection, strictly: what is not plainly right is refused,
// and the connection with it, since whoever stands in front of us may have read the same bytes
// otherwise.
//
// One thread. It pulls: Next() consumes some bytes and says what they were; body bytes are handed
// out as views and never kept. A parser is used for one request after another (Start); it keeps its
// memory between them.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "dataplane/edge/line_scanner.h"
#include "dataplane/http/gateway_error.h"
#include "dataplane/http/limits.h"
#include "dataplane/http/message.h"

namespace sluice::edge {

class RequestParser {
 public:
  enum class Event {
    kNeedMore,  // call again with the bytes not consumed and more behind them
    kHead,      // head() is there; once
    kBody,      // `body` is a piece of the body, not empty
    kEnd,       // the request is complete; once, also for one without a body
    kError,     // error() says why; final
  };
  struct Step {
    Event event = Event::kNeedMore;
    size_t consumed = 0;  // of the bytes passed, also with kNeedMore
    std::string_view body = {};
  };

  RequestParser();
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Forgets the last request. Only the sizes of `limits` are used.
  void Start(const http::Limits& limits);
  Step Next(std::string_view bytes);

  // From kHead until Start.
  const http::RequestHead& head() const;
  bool keep_alive() const { return keep_alive_; }
  // The whole request was consumed, kEnd told or not.
  bool complete() const { return phase_ == Phase::kComplete || phase_ == Phase::kEnded; }
  // Body bytes still to come; UINT64_MAX if only the end of a chunked body will tell.
  uint64_t remaining() const;
  // After kError.
  const http::GatewayError& error() const { return error_; }
  // Bytes that Start would keep.
  size_t memory() const;

 private:
  class Grammar;
  enum class Phase { kHead, kLengthBody, kChunkHeader, kChunkBody, kComplete, kEnded, kFailed };
  enum class ChunkLine { kBreak, kSize, kTrailer };

  Step ReadHead(std::string_view bytes);
  Step AcceptHead(std::string_view bytes);
  bool CheckHeadLine();
  bool CheckHeadSize(size_t read);
  Step ReadBody(std::string_view bytes);
  Step ReadChunkHeader(std::string_view bytes);
  Step AcceptChunkHeader(std::string_view bytes);
  bool CheckChunkLine();
  size_t ChunkHeaderLimit() const;
  Step Fail(http::GatewayError error);
  Step Malformed(std::string_view what) { return Fail(http::MalformedRequest(what)); }

  std::unique_ptr<Grammar> grammar_;
  Phase phase_ = Phase::kHead;
  LineScanner lines_;
  size_t max_request_line_ = 0;
  size_t max_header_bytes_ = 0;
  size_t max_fields_ = 0;
  size_t fields_ = 0;            // lines after the request line, or trailers
  size_t head_at_ = 0;           // 2 after an empty line before the request line
  size_t request_line_end_ = 0;  // 0 until there is one
  ChunkLine chunk_line_ = ChunkLine::kSize;
  bool chunk_complete_ = false;
  uint64_t chunk_left_ = 0;
  bool keep_alive_ = false;
  http::GatewayError error_;
};

}  // namespace sluice::edge
