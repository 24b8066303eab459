#include "tests/support/emulator/answer_stream.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "tests/support/emulator/text.h"

namespace sluice::emulator {
namespace {

constexpr size_t kWriteBytes = 16 << 10;

bool HasNoBody(int status) { return status < 200 || status == 204 || status == 304; }

}  // namespace

AnswerStream::AnswerStream(Answer answer, const Controls& controls, Terms terms)
    : answer_(std::move(answer)),
      controls_(controls),
      keep_alive_(terms.keep_alive && !controls.no_keepalive && !controls.http10),
      framing_(ChooseFraming(terms)) {
  sends_body_ = answer_.body != nullptr && framing_ != Framing::kNone && !terms.head_request &&
                !HasNoBody(answer_.status);
  if (framing_ == Framing::kClose || (framing_ == Framing::kRaw && !controls.keep))
    keep_alive_ = false;
  limit_ = std::min({controls.cut_after.value_or(kNever), controls.reset_after.value_or(kNever),
                     controls.stall_after_bytes.value_or(kNever)});
  if (controls.stall_after) {
    const bool events = answer_.body != nullptr && answer_.body->IsEvents();
    uint64_t& place = events ? event_limit_ : limit_;
    place = std::min(place, *controls.stall_after);
  }
}

AnswerStream::Framing AnswerStream::ChooseFraming(const Terms& terms) const {
  if (controls_.raw) return Framing::kRaw;
  if (answer_.body == nullptr) return HasNoBody(answer_.status) ? Framing::kNone : Framing::kLength;
  const bool known = answer_.body->Length().has_value();
  if (controls_.close_delimited || controls_.http10) return Framing::kClose;
  const bool chunked = controls_.chunk > 0 || !controls_.trailers.empty() || !known;
  if (!chunked) return Framing::kLength;
  return terms.http10_client ? Framing::kClose : Framing::kChunked;
}

bool AnswerStream::Replaced(std::string_view header) const {
  for (const Field& field : answer_.headers) {
    if (SameName(field.name, header)) return true;
  }
  return false;
}

void AnswerStream::AppendHead(std::string& out) const {
  for (int status : controls_.informational) {
    Append(out, "HTTP/1.1 ", status, " ", ReasonPhrase(status), "\r\n\r\n");
  }
  const std::string_view reason =
      controls_.reason.empty() ? ReasonPhrase(answer_.status) : std::string_view(controls_.reason);
  Append(out, controls_.http10 ? "HTTP/1.0 " : "HTTP/1.1 ", answer_.status, " ", reason, "\r\n");
  for (const Field& field : answer_.headers) Append(out, field.name, ": ", field.value, "\r\n");
  const bool framed = Replaced("Content-Length") || Replaced("Transfer-Encoding");
  if (!framed && !HasNoBody(answer_.status)) {
    if (framing_ == Framing::kLength) {
      const uint64_t length = answer_.body == nullptr ? 0 : *answer_.body->Length();
      Append(out, "Content-Length: ", length, "\r\n");
    } else if (framing_ == Framing::kChunked) {
      Append(out, "Transfer-Encoding: chunked\r\n");
    }
  }
  if (!keep_alive_ && !Replaced("Connection")) Append(out, "Connection: close\r\n");
  Append(out, "\r\n");
}

Step AnswerStream::Next(std::string& out) {
  if (phase_ == Phase::kBefore) {
    phase_ = Phase::kDelayed;
    if (controls_.delay_ms > 0) return {Step::kWait, controls_.delay_ms};
  }
  if (phase_ == Phase::kDelayed) {
    phase_ = Phase::kHead;
    if (controls_.reset_before) return {Step::kReset};
    if (!controls_.hold.empty() && controls_.hold_after == 0) {
      held_ = true;
      return {Step::kHold};
    }
  }
  if (phase_ == Phase::kHead) return StartBody(out);
  return NextPieces(out);
}

Step AnswerStream::StartBody(std::string& out) {
  phase_ = Phase::kBody;
  if (framing_ != Framing::kRaw) AppendHead(out);
  if (!sends_body_) return {Step::kEnd};
  if (controls_.first_byte_delay_ms > 0) return {Step::kWait, controls_.first_byte_delay_ms};
  return NextPieces(out);
}

Step AnswerStream::AtLimit() const {
  if (pieces_ >= event_limit_) return {Step::kStall};
  if (body_bytes_ < limit_) return {Step::kMore};
  if (limit_ == controls_.cut_after) return {Step::kCut};
  if (limit_ == controls_.reset_after) return {Step::kReset};
  return {Step::kStall};
}

Step AnswerStream::NextPieces(std::string& out) {
  while (out.size() < kWriteBytes) {
    if (Step step = AtLimit(); step.kind != Step::kMore) return step;
    if (!held_ && !controls_.hold.empty() && pieces_ >= controls_.hold_after) {
      held_ = true;
      return {Step::kHold};
    }
    piece_.clear();
    if (!answer_.body->Next(piece_)) return Finish(out);
    AppendPiece(out);
    ++pieces_;
    if (Step step = AtLimit(); step.kind != Step::kMore) return step;
    if (controls_.pace_ms > 0) return {Step::kWait, controls_.pace_ms};
  }
  return {Step::kMore};
}

void AnswerStream::AppendPiece(std::string& out) {
  if (piece_.empty()) return;  // a chunk of size 0 would end the body
  const size_t allowed = std::min<uint64_t>(piece_.size(), limit_ - body_bytes_);
  if (framing_ == Framing::kChunked) Append(out, Hex(piece_.size()), "\r\n");
  out.append(piece_, 0, allowed);
  if (framing_ == Framing::kChunked && allowed == piece_.size()) out.append("\r\n");
  body_bytes_ += allowed;
}

Step AnswerStream::Finish(std::string& out) {
  if (framing_ == Framing::kChunked) {
    out.append("0\r\n");
    for (const Field& field : controls_.trailers) {
      Append(out, field.name, ": ", field.value, "\r\n");
    }
    out.append("\r\n");
  }
  return {Step::kEnd};
}

}  // namespace sluice::emulator
