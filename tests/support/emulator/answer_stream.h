// Turns an answer and its controls into bytes and pauses: the head, the framed pieces of the body,
// and at the told place a stall, a cut or a reset. Knows no socket. One thread; does not own the
// controls.
#pragma once

#include <cstdint>
#include <string>

#include "tests/support/emulator/answer.h"
#include "tests/support/emulator/controls.h"

namespace sluice::emulator {

struct Step {
  enum Kind {
    kMore,   // send what was appended, then ask again
    kWait,   // likewise, but ask again after `wait_ms`
    kHold,   // likewise, but ask again when the hold is released
    kStall,  // likewise, but never ask again
    kCut,    // likewise, and close the connection
    kReset,  // likewise, and reset it
    kEnd,    // the answer is whole
  };
  Kind kind = kMore;
  uint64_t wait_ms = 0;
};

class AnswerStream {
 public:
  struct Terms {
    bool head_request = false;   // HEAD: no body
    bool http10_client = false;  // no chunks
    bool keep_alive = true;
  };
  AnswerStream(Answer answer, const Controls& controls, Terms terms);

  // Appends to `out`. After kStall, kCut, kReset and kEnd it must not be called again.
  Step Next(std::string& out);

  // Whether the connection can carry another request after kEnd.
  bool keep_alive() const { return keep_alive_; }
  int status() const { return answer_.status; }
  uint64_t body_bytes() const { return body_bytes_; }

 private:
  enum class Framing { kNone, kLength, kChunked, kClose, kRaw };
  enum class Phase { kBefore, kDelayed, kHead, kBody };
  static constexpr uint64_t kNever = UINT64_MAX;

  Framing ChooseFraming(const Terms& terms) const;
  bool Replaced(std::string_view header) const;
  void AppendHead(std::string& out) const;
  Step StartBody(std::string& out);
  Step NextPieces(std::string& out);
  // kMore if no told place has been reached.
  Step AtLimit() const;
  void AppendPiece(std::string& out);
  Step Finish(std::string& out);

  Answer answer_;
  const Controls& controls_;
  bool keep_alive_;
  Framing framing_;
  bool sends_body_;
  Phase phase_ = Phase::kBefore;
  uint64_t limit_;  // the body byte at which something happens
  uint64_t event_limit_ = kNever;
  uint64_t body_bytes_ = 0;
  uint64_t pieces_ = 0;
  bool held_ = false;
  std::string piece_;
};

}  // namespace sluice::emulator
