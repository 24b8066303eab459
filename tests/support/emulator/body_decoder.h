// Takes the framing off a request body as it streams in: length, chunked or none. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/emulator/message.h"

namespace sluice::emulator {

enum class Framing { kNone, kLength, kChunked };
std::string_view FramingName(Framing framing);

class BodyDecoder {
 public:
  // Decides the framing from the head; transfer-encoding wins over content-length.
  explicit BodyDecoder(const RequestHead& head);

  // Returns how many of `bytes` belong to this body. Payload goes to `payload`, in order.
  size_t Feed(std::string_view bytes, const std::function<void(std::string_view)>& payload);

  Framing framing() const { return framing_; }
  bool done() const { return state_ == State::kDone; }
  bool failed() const { return state_ == State::kFailed; }
  // The sizes of the chunks as sent, the first kChunkSizesKept of them.
  const std::vector<uint64_t>& chunk_sizes() const { return chunk_sizes_; }
  const std::vector<Field>& trailers() const { return trailers_; }

 private:
  static constexpr size_t kChunkSizesKept = 64;
  static constexpr size_t kLineLimit = 16 << 10;
  enum class State { kPayload, kChunkSize, kChunkEnd, kTrailers, kDone, kFailed };

  void TakeLine(std::string_view line);
  void TakeChunkSize(std::string_view line);

  Framing framing_ = Framing::kNone;
  State state_ = State::kDone;
  uint64_t left_ = 0;  // of the payload, or of the chunk
  std::string line_;
  std::vector<uint64_t> chunk_sizes_;
  std::vector<Field> trailers_;
};

}  // namespace sluice::emulator
