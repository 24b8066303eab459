#include "tests/support/emulator/body_decoder.h"

#include <algorithm>

#include "tests/support/emulator/text.h"

namespace sluice::emulator {

std::string_view FramingName(Framing framing) {
  switch (framing) {
    case Framing::kNone:
      return "none";
    case Framing::kLength:
      return "content-length";
    case Framing::kChunked:
      return "chunked";
  }
  return "none";
}

BodyDecoder::BodyDecoder(const RequestHead& head) {
  if (head.HasToken("Transfer-Encoding", "chunked")) {
    framing_ = Framing::kChunked;
    state_ = State::kChunkSize;
    return;
  }
  const auto length = head.Find("Content-Length");
  if (!length) return;
  framing_ = Framing::kLength;
  const auto number = ParseNumber(*length);
  left_ = number.value_or(0);
  if (!number) {
    state_ = State::kFailed;
  } else if (left_ > 0) {
    state_ = State::kPayload;
  }
}

size_t BodyDecoder::Feed(std::string_view bytes,
                         const std::function<void(std::string_view)>& payload) {
  size_t used = 0;
  while (used < bytes.size() && !done() && !failed()) {
    if (state_ == State::kPayload) {
      const size_t take = std::min<uint64_t>(left_, bytes.size() - used);
      payload(bytes.substr(used, take));
      used += take;
      left_ -= take;
      if (left_ == 0) {
        state_ = framing_ == Framing::kChunked ? State::kChunkEnd : State::kDone;
      }
      continue;
    }
    const char c = bytes[used++];
    if (c != '\n') {
      line_.push_back(c);
      if (line_.size() > kLineLimit) state_ = State::kFailed;
      continue;
    }
    if (!line_.empty() && line_.back() == '\r') line_.pop_back();
    std::string line;
    line.swap(line_);
    TakeLine(line);
  }
  return used;
}

void BodyDecoder::TakeLine(std::string_view line) {
  if (state_ == State::kChunkEnd) {
    state_ = line.empty() ? State::kChunkSize : State::kFailed;
  } else if (state_ == State::kChunkSize) {
    TakeChunkSize(line);
  } else if (line.empty()) {
    state_ = State::kDone;
  } else {
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || trailers_.size() >= 128) {
      state_ = State::kFailed;
      return;
    }
    trailers_.push_back(
        {std::string(line.substr(0, colon)), std::string(Trim(line.substr(colon + 1)))});
  }
}

void BodyDecoder::TakeChunkSize(std::string_view line) {
  const std::string_view digits = Trim(line.substr(0, line.find(';')));
  const auto size = ParseNumber(digits, 16);
  if (!size) {
    state_ = State::kFailed;
    return;
  }
  left_ = *size;
  if (chunk_sizes_.size() < kChunkSizesKept) chunk_sizes_.push_back(left_);
  state_ = left_ > 0 ? State::kPayload : State::kTrailers;
}

}  // namespace sluice::emulator
