// One answer on its way out: which framing its body has, how much of it is still owed, and whether
// the connection ends after it. It turns a head and body pieces into bytes in the connection's
// output. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "dataplane/edge/output_buffer.h"
#include "dataplane/edge/response_writer.h"
#include "dataplane/http/message.h"

namespace sluice::edge {

class Answer {
 public:
  enum class Stage { kNoHead, kBody, kFinished, kAborted };

  void Start() { *this = Answer(); }
  // False if the head must not go out; nothing was written then. `scratch` is cleared.
  bool WriteHead(const http::ResponseHead& head, AnswerContext context, std::string& scratch,
                 OutputBuffer& out);
  // Body bytes with their framing. Large pieces go to `socket` at once if `direct`.
  OutputBuffer::Outcome WriteBody(std::string_view bytes, ClientSocket& socket, bool direct,
                                  OutputBuffer& out);
  // Writes the end of the message; aborts if bytes of a promised length are missing.
  void Finish(OutputBuffer& out);
  void Abort() { stage_ = Stage::kAborted; }

  Stage stage() const { return stage_; }
  bool over() const { return stage_ == Stage::kFinished || stage_ == Stage::kAborted; }
  // After WriteHead: the head said that the connection ends with this answer.
  bool closes() const { return closes_; }
  // The client would take the close of the connection for the proper end of the body.
  bool ends_with_close() const { return mode_ == BodyMode::kUntilClose; }

 private:
  Stage stage_ = Stage::kNoHead;
  BodyMode mode_ = BodyMode::kNone;
  bool closes_ = false;
  uint64_t owed_ = 0;  // of BodyMode::kLength
};

}  // namespace sluice::edge
