#include "dataplane/edge/request_parser.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "absl/strings/str_cat.h"
#include "dataplane/edge/request_grammar.h"
#include "dataplane/edge/request_rules.h"

namespace sluice::edge {
namespace {

// Size and extensions of one chunk. Nobody sends extensions; this only bounds who tries.
constexpr size_t kMaxChunkLine = 4096;

bool IsHex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool IsFolded(std::string_view line) { return line.front() == ' ' || line.front() == '\t'; }

}  // namespace

class RequestParser::Grammar {
 public:
  void Start() {
    head_.method.clear();
    head_.target.clear();
    head_.headers.Clear();
    beast_.emplace(head_);
  }
  http::RequestHead& head() { return head_; }
  BeastRequest& beast() { return *beast_; }

 private:
  http::RequestHead head_;
  std::optional<BeastRequest> beast_;
};

RequestParser::RequestParser() : grammar_(std::make_unique<Grammar>()) {}
RequestParser::~RequestParser() = default;

void RequestParser::Start(const http::Limits& limits) {
  grammar_->Start();
  phase_ = Phase::kHead;
  lines_.Restart();
  max_request_line_ = limits.max_request_line_bytes;
  max_header_bytes_ = limits.max_header_bytes;
  max_fields_ = limits.max_header_fields;
  fields_ = 0;
  head_at_ = 0;
  request_line_end_ = 0;
  chunk_line_ = ChunkLine::kSize;
  chunk_complete_ = false;
  keep_alive_ = false;
}

const http::RequestHead& RequestParser::head() const { return grammar_->head(); }

uint64_t RequestParser::remaining() const {
  if (complete()) return 0;
  if (phase_ == Phase::kLengthBody) return grammar_->beast().remaining_length();
  return std::numeric_limits<uint64_t>::max();
}

size_t RequestParser::memory() const {
  const http::RequestHead& head = grammar_->head();
  size_t fields = 0;
  for (size_t i = 0; i < head.headers.size(); ++i) {
    fields += head.headers[i].name.size() + head.headers[i].value.size();
  }
  return head.target.capacity() + head.method.capacity() + fields;
}

RequestParser::Step RequestParser::Next(std::string_view bytes) {
  switch (phase_) {
    case Phase::kHead:
      return ReadHead(bytes);
    case Phase::kLengthBody:
    case Phase::kChunkBody:
      return ReadBody(bytes);
    case Phase::kChunkHeader:
      return ReadChunkHeader(bytes);
    case Phase::kComplete:
      phase_ = Phase::kEnded;
      return {Event::kEnd};
    case Phase::kFailed:
      return {Event::kError};
    case Phase::kEnded:
      break;
  }
  return {};
}

RequestParser::Step RequestParser::Fail(http::GatewayError error) {
  phase_ = Phase::kFailed;
  error_ = std::move(error);
  return {Event::kError};
}

// ---- head

RequestParser::Step RequestParser::ReadHead(std::string_view bytes) {
  for (;;) {
    switch (lines_.Next(bytes)) {
      case LineScanner::Result::kBadByte:
        // Too long comes first, as it would if the line had arrived in pieces.
        if (!CheckHeadSize(lines_.end())) return {Event::kError};
        return Malformed("a line that does not end with CR LF, or a control character");
      case LineScanner::Result::kNeedMore:
        if (!CheckHeadSize(bytes.size())) return {Event::kError};
        return {};
      case LineScanner::Result::kLine:
        break;
    }
    const bool blank = lines_.line().empty();
    if (blank && request_line_end_ == 0) {
      // RFC 9112, 2.2: some clients send one empty line after a body.
      if (head_at_ != 0) return Malformed("no request line");
      head_at_ = lines_.end();
      continue;
    }
    if (!CheckHeadSize(lines_.end())) return {Event::kError};
    if (blank) return AcceptHead(bytes);
    if (!CheckHeadLine()) return {Event::kError};
  }
}

bool RequestParser::CheckHeadSize(size_t read) {
  if (request_line_end_ == 0) {
    if (read - head_at_ <= max_request_line_ + 2) return true;
    Fail(http::HeadersTooLarge(
        absl::StrCat("the request line is longer than ", max_request_line_, " bytes")));
    return false;
  }
  if (read - request_line_end_ <= max_header_bytes_) return true;
  Fail(http::HeadersTooLarge(
      absl::StrCat("the header fields are larger than ", max_header_bytes_, " bytes")));
  return false;
}

bool RequestParser::CheckHeadLine() {
  if (request_line_end_ == 0) {
    request_line_end_ = lines_.end();
    return true;
  }
  if (IsFolded(lines_.line())) {
    Malformed("a header field folded over two lines");
    return false;
  }
  if (++fields_ > max_fields_) {
    Fail(http::HeadersTooLarge(absl::StrCat("more than ", max_fields_, " header fields")));
    return false;
  }
  return true;
}

RequestParser::Step RequestParser::AcceptHead(std::string_view bytes) {
  const size_t end = lines_.end();
  BeastRequest& beast = grammar_->beast();
  size_t consumed = 0;
  const bool read = beast.Feed(bytes.substr(head_at_, end - head_at_), &consumed);
  if (!read || consumed != end - head_at_ || !beast.is_header_done()) {
    return Malformed("a bad request line or header field");
  }
  http::RequestHead& head = grammar_->head();
  if (std::string_view wrong = ApplyRequestRules(head); !wrong.empty()) return Malformed(wrong);
  keep_alive_ = WantsKeepAlive(head);
  lines_.Restart();
  fields_ = 0;
  phase_ = !head.framing.has_body()                             ? Phase::kComplete
           : head.framing.kind == http::Framing::Kind::kChunked ? Phase::kChunkHeader
                                                                : Phase::kLengthBody;
  // Two readings of where the body ends are how requests are smuggled.
  const bool agreed = beast.is_done() == (phase_ == Phase::kComplete) &&
                      beast.chunked() == (phase_ == Phase::kChunkHeader);
  if (!agreed) return Malformed("a body whose end is not certain");
  return {Event::kHead, end};
}

// ---- body

RequestParser::Step RequestParser::ReadBody(std::string_view bytes) {
  if (bytes.empty()) return {};
  BeastRequest& beast = grammar_->beast();
  Step step{Event::kBody};
  if (!beast.Feed(bytes, &step.consumed) || beast.body().empty()) return Malformed("a bad body");
  step.body = beast.body();
  if (beast.is_done()) {
    phase_ = Phase::kComplete;
  } else if (phase_ == Phase::kChunkBody && step.consumed == chunk_left_) {
    phase_ = Phase::kChunkHeader;
    chunk_line_ = ChunkLine::kBreak;
  }
  if (phase_ == Phase::kChunkBody) chunk_left_ -= step.consumed;
  return step;
}

RequestParser::Step RequestParser::ReadChunkHeader(std::string_view bytes) {
  // Refused before its line end has come: the client may be waiting for us to see it.
  if (chunk_line_ == ChunkLine::kBreak && !bytes.empty() && bytes[0] != '\r') {
    return Malformed("a chunk longer than its size");
  }
  while (!chunk_complete_) {
    switch (lines_.Next(bytes)) {
      case LineScanner::Result::kBadByte:
        if (lines_.end() > ChunkHeaderLimit()) return Malformed("a chunk header that is too long");
        return Malformed("a chunk line that does not end with CR LF, or a control character");
      case LineScanner::Result::kNeedMore:
        if (bytes.size() > ChunkHeaderLimit()) return Malformed("a chunk header that is too long");
        return {};
      case LineScanner::Result::kLine:
        if (lines_.end() > ChunkHeaderLimit()) return Malformed("a chunk header that is too long");
        if (!CheckChunkLine()) return {Event::kError};
    }
  }
  return AcceptChunkHeader(bytes);
}

size_t RequestParser::ChunkHeaderLimit() const {
  return chunk_line_ == ChunkLine::kTrailer ? kMaxChunkLine + max_header_bytes_ : kMaxChunkLine;
}

bool RequestParser::CheckChunkLine() {
  const std::string_view line = lines_.line();
  switch (chunk_line_) {
    case ChunkLine::kBreak:
      if (!line.empty()) return Malformed("a chunk longer than its size"), false;
      chunk_line_ = ChunkLine::kSize;
      return true;
    case ChunkLine::kSize: {
      const auto digits_end = std::find_if_not(line.begin(), line.end(), IsHex);
      const bool ends = digits_end == line.end() || *digits_end == ';' || *digits_end == ' ' ||
                        *digits_end == '\t';
      if (digits_end == line.begin() || !ends) return Malformed("a chunk without a size"), false;
      const bool last = std::all_of(line.begin(), digits_end, [](char c) { return c == '0'; });
      chunk_line_ = last ? ChunkLine::kTrailer : ChunkLine::kSize;
      chunk_complete_ = !last;
      return true;
    }
    case ChunkLine::kTrailer:
      break;
  }
  if (line.empty()) {
    chunk_complete_ = true;
    return true;
  }
  if (IsFolded(line)) return Malformed("a trailer field folded over two lines"), false;
  if (++fields_ > max_fields_) return Malformed("too many trailer fields"), false;
  return true;
}

RequestParser::Step RequestParser::AcceptChunkHeader(std::string_view bytes) {
  const size_t end = lines_.end();
  const bool last = chunk_line_ == ChunkLine::kTrailer;
  BeastRequest& beast = grammar_->beast();
  size_t consumed = 0;
  if (!beast.Feed(bytes.substr(0, end), &consumed) || consumed != end || beast.is_done() != last) {
    return Malformed("a bad chunk header");
  }
  lines_.Restart();
  chunk_complete_ = false;
  if (last) {
    phase_ = Phase::kEnded;
    return {Event::kEnd, end};
  }
  phase_ = Phase::kChunkBody;
  chunk_left_ = beast.chunk_size();
  Step step = ReadBody(bytes.substr(end));
  step.consumed += end;
  return step;
}

}  // namespace sluice::edge
