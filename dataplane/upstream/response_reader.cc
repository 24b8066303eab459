#include "dataplane/upstream/response_reader.h"

#include <algorithm>
#include <charconv>

namespace sluice::upstream {
namespace {

// Size and extensions of a chunk. Nobody sends extensions; this only bounds who tries.
constexpr size_t kMaxChunkLine = 4096;
constexpr size_t kMaxSizeDigits = 16;
// Kept between answers.
constexpr size_t kKeptCapacity = 1024;

bool IsHex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Whether `text` and `whole` are the same as far as both go.
bool BeginAlike(std::string_view text, std::string_view whole) {
  const size_t size = std::min(text.size(), whole.size());
  return text.substr(0, size) == whole.substr(0, size);
}

}  // namespace

void ResponseReader::Start(bool head_request) {
  parser_.Start(head_request);
  phase_ = Phase::kHead;
  begun_ = false;
  if (kept_.capacity() > kKeptCapacity) std::string().swap(kept_);
  kept_.clear();
  line_is_kept_ = false;
  left_ = 0;
  trailer_bytes_ = 0;
  error_ = {};
}

ResponseReader::Step ResponseReader::Next(std::string_view bytes) {
  switch (phase_) {
    case Phase::kHead:
      return ReadHead(bytes);
    case Phase::kLength:
    case Phase::kUntilClose:
    case Phase::kChunk:
      return ReadBody(bytes);
    case Phase::kChunkSize:
    case Phase::kChunkEnd:
    case Phase::kTrailer:
      return ReadChunkLine(bytes);
    case Phase::kEnd:
      break;
  }
  return {Event::kEnd};
}

ResponseReader::Step ResponseReader::Fail(std::string_view why, size_t consumed) {
  error_ = why;
  return {Event::kError, consumed};
}

std::string_view ResponseReader::TakeLine(std::string_view* bytes, size_t* consumed) {
  if (line_is_kept_) kept_.clear();
  line_is_kept_ = false;
  const size_t end = bytes->find('\n');
  const bool whole = end != std::string_view::npos;
  std::string_view line = bytes->substr(0, whole ? end + 1 : end);
  *consumed += line.size();
  bytes->remove_prefix(line.size());
  if (!whole || !kept_.empty()) {
    kept_.append(line);
    line = kept_;
    line_is_kept_ = whole;
  }
  error_ = FaultOfBegin(line);
  const bool of_chunks = phase_ == Phase::kChunkSize || phase_ == Phase::kChunkEnd;
  if (line.size() > (of_chunks ? kMaxChunkLine : kMaxResponseHeadBytes)) {
    error_ = "a line of it is too long";
  }
  return whole && error_.empty() ? line : std::string_view();
}

std::string_view ResponseReader::FaultOfBegin(std::string_view line) const {
  switch (phase_) {
    case Phase::kHead:
      if (parser_.in_fields() || BeginAlike(line, "HTTP/1.")) break;
      return "its version is not one that is spoken here";
    case Phase::kChunkEnd:
      if (line.size() <= 2 && BeginAlike(line, "\r\n")) break;
      return "a chunk is longer than its size";
    case Phase::kChunkSize: {
      const auto* const end = std::find_if_not(line.begin(), line.end(), IsHex);
      const auto digits = static_cast<size_t>(end - line.begin());
      const bool ends =
          end == line.end() || *end == '\r' || *end == ' ' || *end == '\t' || *end == ';';
      if (digits > 0 && digits <= kMaxSizeDigits && ends) break;
      return "the size of a chunk is not a number";
    }
    default:
      break;
  }
  return {};
}

ResponseReader::Step ResponseReader::ReadHead(std::string_view bytes) {
  size_t all = 0;
  while (!bytes.empty()) {
    begun_ = true;
    const std::string_view line = TakeLine(&bytes, &all);
    if (!error_.empty()) return Fail(error_, all);
    if (line.empty()) break;
    switch (parser_.OnLine(line)) {
      case ResponseParser::Outcome::kMore:
        break;
      case ResponseParser::Outcome::kError:
        return Fail(parser_.error(), all);
      case ResponseParser::Outcome::kHeadComplete:
        BeginBody();
        return {Event::kHead, all};
    }
  }
  return {Event::kNeedMore, all};
}

void ResponseReader::BeginBody() {
  const http::ResponseHead& head = parser_.head();
  phase_ = Phase::kEnd;
  if (head.bodyless) return;
  switch (head.framing.kind) {
    case http::Framing::Kind::kNone:
      break;
    case http::Framing::Kind::kContentLength:
      left_ = head.framing.length;
      if (left_ > 0) phase_ = Phase::kLength;
      break;
    case http::Framing::Kind::kChunked:
      phase_ = Phase::kChunkSize;
      break;
    case http::Framing::Kind::kUntilClose:
      phase_ = Phase::kUntilClose;
      break;
  }
}

ResponseReader::Step ResponseReader::ReadBody(std::string_view bytes) {
  if (bytes.empty()) return {};
  if (phase_ == Phase::kUntilClose) return {Event::kBody, bytes.size(), bytes};
  const std::string_view piece = bytes.substr(0, std::min<uint64_t>(left_, bytes.size()));
  left_ -= piece.size();
  if (left_ == 0) phase_ = phase_ == Phase::kChunk ? Phase::kChunkEnd : Phase::kEnd;
  return {Event::kBody, piece.size(), piece};
}

ResponseReader::Step ResponseReader::ReadChunkLine(std::string_view bytes) {
  size_t all = 0;
  while (!bytes.empty()) {
    const std::string_view line = TakeLine(&bytes, &all);
    if (!error_.empty()) return Fail(error_, all);
    if (line.empty()) break;
    if (!line.ends_with("\r\n")) return Fail("a line of its chunks does not end with CR LF", all);
    if (phase_ == Phase::kChunkEnd) {
      phase_ = Phase::kChunkSize;
    } else if (phase_ == Phase::kTrailer) {
      trailer_bytes_ += line.size();
      if (trailer_bytes_ > kMaxResponseHeadBytes) return Fail("its trailer is too large", all);
      if (line.size() > 2) continue;
      phase_ = Phase::kEnd;
      return {Event::kEnd, all};
    } else if (!TakeSize(line.substr(0, line.size() - 2))) {
      return Fail("the size of a chunk is not a number", all);
    } else {
      phase_ = left_ == 0 ? Phase::kTrailer : Phase::kChunk;
      if (phase_ == Phase::kChunk && !bytes.empty()) {
        Step step = ReadBody(bytes);
        step.consumed += all;
        return step;
      }
      if (phase_ == Phase::kChunk) break;
    }
  }
  return {Event::kNeedMore, all};
}

bool ResponseReader::TakeSize(std::string_view line) {
  const char* const end = std::find_if_not(line.begin(), line.end(), IsHex);
  std::string_view rest = line.substr(static_cast<size_t>(end - line.begin()));
  while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t')) rest.remove_prefix(1);
  if (!rest.empty() && rest.front() != ';') return false;
  const auto read = std::from_chars(line.begin(), end, left_, 16);
  return read.ec == std::errc() && read.ptr == end;
}

}  // namespace sluice::upstream
