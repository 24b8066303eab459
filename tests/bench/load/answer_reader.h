// Reads the answers of one HTTP/1.1 connection as they come, in pieces of any size. Only a sound
// answer with status 200 will do: a load generator that takes less measures something else. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace sluice::bench {

class AnswerReader {
 public:
  using BodySink = std::function<void(std::string_view)>;

  // `sink` gets the body without its framing; may be null.
  explicit AnswerReader(BodySink sink) : sink_(std::move(sink)) {}

  // An answer is awaited now.
  void Begin();
  // Errors: another status than 200; what is not HTTP; an answer without length; bytes that belong
  // to no answer.
  absl::Status Feed(std::string_view bytes);

  bool complete() const { return state_ == State::kComplete; }
  // Bytes of the body so far.
  int64_t body_bytes() const { return body_bytes_; }

 private:
  enum class State { kHead, kBody, kChunkSize, kChunk, kChunkEnd, kTrailer, kComplete };

  absl::Status Step(std::string_view& bytes);
  absl::Status TakeHead(std::string_view& bytes);
  absl::Status ReadHead();
  absl::Status ReadChunkSize();
  void TakeBody(std::string_view& bytes, State then);
  // Moves up to and with the next line feed into text_; whether it was there.
  bool TakeLine(std::string_view& bytes);

  const BodySink sink_;
  State state_ = State::kComplete;
  std::string text_;  // of what cannot be read before it is whole
  int64_t left_ = 0;  // of the body, or of the chunk
  int64_t body_bytes_ = 0;
};

}  // namespace sluice::bench
