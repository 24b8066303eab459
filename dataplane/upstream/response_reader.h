// The bytes of a provider's connection as one answer: its head, held to the rules of
// response_parser.h, and its body without framing.
//
// Refused beyond those: a chunk whose size is no hexadecimal number of at most 16 digits, a chunk
// that does not end with CR LF, a line between chunks or a trailer that is too long. Trailers and
// chunk extensions are read and dropped. Pure; one answer at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "dataplane/upstream/response_parser.h"

namespace sluice::upstream {

class ResponseReader {
 public:
  enum class Event {
    kNeedMore,  // all that was given is read
    kHead,      // head() is the answer's
    kBody,      // `body` is a piece of it
    kEnd,       // the answer is complete; what was not consumed does not belong to it
    kError,     // error() says why; nothing more can be read
  };
  struct Step {
    Event event = Event::kNeedMore;
    size_t consumed = 0;
    std::string_view body = {};  // of the bytes that were given
  };

  // `head_request`: as for ResponseParser::Start.
  void Start(bool head_request);
  // Reads on at `bytes`; to be called until kNeedMore, with what follows what was consumed. After
  // kHead also without bytes: an answer may end with its head.
  Step Next(std::string_view bytes);
  // Whether the answer is complete if the connection ends now.
  bool EndsWithConnection() const { return phase_ == Phase::kUntilClose; }

  // Nothing has come yet.
  bool untouched() const { return phase_ == Phase::kHead && !begun_; }
  http::ResponseHead& head() { return parser_.head(); }
  std::string_view error() const { return error_; }
  bool http10() const { return parser_.http10(); }

 private:
  enum class Phase { kHead, kLength, kUntilClose, kChunkSize, kChunk, kChunkEnd, kTrailer, kEnd };

  // What is wrong with a line that begins so, before its end is there: a provider that says such a
  // thing and no more is not waited for. Empty: nothing.
  std::string_view FaultOfBegin(std::string_view line) const;
  // Takes the next line off `bytes`, with its end, and adds what it took to `consumed`. Empty: its
  // end is not there yet, or error_ says why there can be none.
  std::string_view TakeLine(std::string_view* bytes, size_t* consumed);
  Step Fail(std::string_view why, size_t consumed);
  Step ReadHead(std::string_view bytes);
  Step ReadBody(std::string_view bytes);
  Step ReadChunkLine(std::string_view bytes);
  // False: no size.
  bool TakeSize(std::string_view line);
  void BeginBody();

  ResponseParser parser_;
  Phase phase_ = Phase::kHead;
  bool begun_ = false;
  std::string kept_;  // the begin of a line
  bool line_is_kept_ = false;
  uint64_t left_ = 0;  // bytes: of the body, or of a chunk
  size_t trailer_bytes_ = 0;
  std::string_view error_;
};

}  // namespace sluice::upstream
