#include "tests/bench/load/answer_reader.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace sluice::bench {
namespace {

constexpr size_t kLongestHead = 64 << 10;

absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

void AnswerReader::Begin() {
  state_ = State::kHead;
  text_.clear();
  body_bytes_ = 0;
}

absl::Status AnswerReader::Feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const absl::Status status = Step(bytes);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status AnswerReader::Step(std::string_view& bytes) {
  switch (state_) {
    case State::kHead:
      return TakeHead(bytes);
    case State::kBody:
      TakeBody(bytes, State::kComplete);
      return absl::OkStatus();
    case State::kChunkSize:
      return TakeLine(bytes) ? ReadChunkSize() : absl::OkStatus();
    case State::kChunk:
      TakeBody(bytes, State::kChunkEnd);
      return absl::OkStatus();
    case State::kChunkEnd:
      if (TakeLine(bytes)) {
        text_.clear();
        state_ = State::kChunkSize;
      }
      return absl::OkStatus();
    case State::kTrailer:
      if (TakeLine(bytes)) {
        if (text_ == "\r\n") state_ = State::kComplete;
        text_.clear();
      }
      return absl::OkStatus();
    case State::kComplete:
      break;
  }
  return absl::DataLossError(absl::StrCat(bytes.size(), " bytes that belong to no answer"));
}

bool AnswerReader::TakeLine(std::string_view& bytes) {
  const size_t end = bytes.find('\n');
  const size_t count = end == std::string_view::npos ? bytes.size() : end + 1;
  text_.append(bytes.substr(0, count));
  bytes.remove_prefix(count);
  return end != std::string_view::npos;
}

absl::Status AnswerReader::TakeHead(std::string_view& bytes) {
  while (!bytes.empty()) {
    if (!TakeLine(bytes)) break;
    if (text_.ends_with("\r\n\r\n")) return ReadHead();
  }
  if (text_.size() > kLongestHead) return absl::DataLossError("a head without end");
  return absl::OkStatus();
}

absl::Status AnswerReader::ReadHead() {
  if (!text_.starts_with("HTTP/1.1 200")) {
    return absl::FailedPreconditionError(
        absl::StrCat("answered ", text_.substr(0, text_.find("\r\n"))));
  }
  left_ = -1;
  bool chunked = false;
  for (const absl::string_view line : absl::StrSplit(text_, "\r\n")) {
    const size_t colon = line.find(':');
    if (colon == absl::string_view::npos) continue;
    const absl::string_view name = line.substr(0, colon);
    const absl::string_view value = absl::StripAsciiWhitespace(line.substr(colon + 1));
    if (absl::EqualsIgnoreCase(name, "transfer-encoding")) {
      chunked = absl::EqualsIgnoreCase(value, "chunked");
    } else if (absl::EqualsIgnoreCase(name, "content-length") && !absl::SimpleAtoi(value, &left_)) {
      return absl::DataLossError("a Content-Length that is no number");
    }
  }
  text_.clear();
  if (!chunked && left_ < 0) return absl::DataLossError("an answer without length");
  state_ = chunked ? State::kChunkSize : left_ == 0 ? State::kComplete : State::kBody;
  return absl::OkStatus();
}

absl::Status AnswerReader::ReadChunkSize() {
  const std::string_view digits = std::string_view(text_).substr(0, text_.find_first_of("\r;"));
  uint64_t size = 0;
  if (!absl::SimpleHexAtoi(ToAbsl(digits), &size)) {
    return absl::DataLossError("a chunk without size");
  }
  text_.clear();
  left_ = static_cast<int64_t>(size);
  state_ = left_ == 0 ? State::kTrailer : State::kChunk;
  return absl::OkStatus();
}

void AnswerReader::TakeBody(std::string_view& bytes, State then) {
  const std::string_view piece =
      bytes.substr(0, std::min(bytes.size(), static_cast<size_t>(left_)));
  bytes.remove_prefix(piece.size());
  left_ -= static_cast<int64_t>(piece.size());
  body_bytes_ += static_cast<int64_t>(piece.size());
  if (left_ == 0) state_ = then;
  if (sink_) sink_(piece);
}

}  // namespace sluice::bench
