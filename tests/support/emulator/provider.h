// Decides every answer: the emulator's own pages, refusals, what controls replace, and the
// providers' shapes. Thread-safe: all threads of the server share one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/support/emulator/answer.h"
#include "tests/support/emulator/file_store.h"
#include "tests/support/emulator/hold_board.h"
#include "tests/support/emulator/request.h"
#include "tests/support/emulator/request_log.h"

namespace sluice::emulator {

class Provider {
 public:
  // `accepted_keys` empty: any that begins with "sk-emulator".
  Provider(std::vector<std::string> accepted_keys, size_t kept_requests)
      : accepted_keys_(std::move(accepted_keys)), log_(kept_requests) {}

  // Fills in what follows from the head: controls, route, auth, where the body goes.
  void Prepare(Request& request);
  // Once the body is there, or at once for an `early` answer.
  Answer AnswerTo(const Request& request);

  RequestLog& log() { return log_; }
  HoldBoard& holds() { return holds_; }

 private:
  Answer Choose(const Request& request);
  Answer OwnPage(const Request& request);
  Answer ShapeAnswer(const Request& request);
  Answer Blob(const Request& request, bool hash_only);
  Answer Requests(const Request& request);
  Answer OneRequest(const std::string& id);

  const std::vector<std::string> accepted_keys_;
  RequestLog log_;
  FileStore files_;
  HoldBoard holds_;
};

}  // namespace sluice::emulator
