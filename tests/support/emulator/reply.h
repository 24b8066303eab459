// The words of a model's answer, the same for every shape: deterministic, and they tell which
// model, base path and key a request came with, so that a change of configuration is visible.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/emulator/request.h"

namespace sluice::emulator {

class Reply {
 public:
  Reply(const Request& request, const std::string& model);

  const std::string& model() const { return model_; }
  const std::string& text() const { return text_; }
  // Pieces of a streamed answer: the words of text(), or as many as the control `events` says.
  uint64_t pieces() const { return pieces_; }
  std::string Piece(uint64_t index) const;

  uint64_t prompt_tokens() const { return prompt_tokens_; }
  uint64_t completion_tokens() const { return completion_tokens_; }
  uint64_t total_tokens() const { return prompt_tokens_ + completion_tokens_; }

 private:
  std::string model_;
  std::string text_;
  std::vector<uint32_t> word_ends_;  // empty: `events` was given
  uint64_t event_bytes_;
  uint64_t pieces_;
  uint64_t prompt_tokens_;
  uint64_t completion_tokens_;
};

// `text` as a JSON string, with its quotes.
std::string JsonString(const std::string& text);

}  // namespace sluice::emulator
