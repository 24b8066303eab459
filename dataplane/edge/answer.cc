#include "dataplane/edge/answer.h"

#include <spdlog/spdlog.h>

namespace sluice::edge {
namespace {

// Below this, copying a piece is cheaper than a system call of its own.
constexpr size_t kDirectBytes = 8 * 1024;

}  // namespace

bool Answer::WriteHead(const http::ResponseHead& head, AnswerContext context, std::string& scratch,
                       OutputBuffer& out) {
  const BodyMode mode = BodyModeFor(head, context);
  if (mode == BodyMode::kUntilClose) context.close = true;
  scratch.clear();
  if (!AppendHead(head, context, scratch)) return false;
  out.Append(scratch);
  mode_ = mode;
  closes_ = context.close;
  owed_ = mode == BodyMode::kLength && head.framing.kind == http::Framing::Kind::kContentLength
              ? head.framing.length
              : 0;
  stage_ = Stage::kBody;
  return true;
}

OutputBuffer::Outcome Answer::WriteBody(std::string_view bytes, ClientSocket& socket, bool direct,
                                        OutputBuffer& out) {
  if (stage_ != Stage::kBody || mode_ == BodyMode::kNone || bytes.empty()) {
    return OutputBuffer::Outcome::kSent;
  }
  if (mode_ == BodyMode::kLength) {
    if (bytes.size() > owed_) {
      // The surplus would be read as the start of the next answer.
      spdlog::error("edge: a response body is longer than its Content-Length; connection closed");
      Abort();
      return OutputBuffer::Outcome::kSent;
    }
    owed_ -= bytes.size();
  }
  const bool chunked = mode_ == BodyMode::kChunked;
  const ChunkPrefix prefix(bytes.size());
  const std::string_view before = chunked ? prefix.text() : std::string_view();
  const std::string_view after = chunked ? "\r\n" : "";
  if (direct && bytes.size() >= kDirectBytes) return out.Send(socket, {before, bytes, after});
  out.Append(before);
  out.Append(bytes);
  out.Append(after);
  return OutputBuffer::Outcome::kSent;
}

void Answer::Finish(OutputBuffer& out) {
  if (over()) return;
  if (stage_ == Stage::kNoHead || owed_ > 0) return Abort();
  if (mode_ == BodyMode::kChunked) out.Append("0\r\n\r\n");
  stage_ = Stage::kFinished;
}

}  // namespace sluice::edge
