#include "dataplane/edge/connection.h"

#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <utility>

namespace sluice::edge {
namespace {

// A client that sends without end shares the worker with the others.
constexpr int kReadsPerSettle = 4;

}  // namespace

Connection::Connection(ConnectionContext& context, int fd)
    : context_(context),
      socket_(fd, context.tls == nullptr ? nullptr : context.tls->Load()),
      phase_(socket_.tls() == nullptr ? Phase::kHead : Phase::kHandshake),
      limits_(context.handler->limits()),
      out_(context.blocks),
      idle_since_(context.loop.now()),
      read_timer_(context.loop.timers(), [this] { deadline_passed_ = true, Unsettle(); }),
      stall_timer_(context.loop.timers(), [this] { deadline_passed_ = true, Unsettle(); }) {
  Unsettle();
}

Connection::~Connection() = default;

void Connection::OnEvent(Event event) {
  readable_ |= event.readable || event.peer_shut || event.hangup;
  peer_shut_ |= event.peer_shut || event.hangup;
  if (event.writable || event.hangup) blocked_ = false;
  if (TlsSession* tls = socket_.tls(); tls != nullptr) {
    tls->OnEvent(event.readable, event.peer_shut || event.hangup);
    if (event.readable && tls->write_waits_for_input()) blocked_ = false;
    if (event.writable && tls->read_waits_for_room()) readable_ = true;
  }
  Unsettle();
}

void Connection::Unsettle() {
  // Within Settle whatever is noted is seen before it returns.
  if (unsettled_ || settling_ || closed()) return;
  unsettled_ = true;
  context_.unsettled.push_back(this);
}

void Connection::Settle() {
  unsettled_ = false;
  if (closed()) return;
  settling_ = true;
  again_ = false;
  may_drain_ = true;
  reads_left_ = kReadsPerSettle;
  do {
    Flush();
  } while (Advance());
  if (std::exchange(deadline_passed_, false) && !closed()) {
    CheckDeadlines();
    do {
      Flush();
    } while (Advance());
  }
  settling_ = false;
  if (closed()) return;
  ArmTimers();
  if (again_) Unsettle();
}

// One step forward; false if there is none to take now.
bool Connection::Advance() {
  switch (phase_) {
    case Phase::kHandshake:
      return AdvanceHandshake();
    case Phase::kHead:
      return AdvanceHead();
    case Phase::kExchange:
      return AdvanceExchange();
    case Phase::kFlush:
      EndFlush();
      return phase_ == Phase::kLinger;
    case Phase::kLinger:
      Linger();
      return false;
    case Phase::kClosed:
      break;
  }
  return false;
}

bool Connection::AdvanceHead() {
  if (lost_) return Close(), false;
  if (TakeInput()) return true;
  const bool quiet = out_.empty() && input_.empty() && parser_ == nullptr && !readable_;
  if ((eof_ && out_.empty()) || (leaving_ && quiet)) Close();
  return false;
}

bool Connection::AdvanceExchange() {
  if (exchange_over_) return EndExchange(), true;
  if (socket_.tls() != nullptr) NoticeGoodbye();
  // What came before a half-close has been parsed by now, or is not wanted.
  if (lost_ || peer_shut_ || answer_.over())
    return Disconnect(http::Disconnect::kClientLeft), false;
  if (download_full_ && out_.size() <= limits_.buffer_low_bytes) {
    // Once a turn, or a quick source and a quick client would keep the worker to themselves.
    if (may_drain_) {
      may_drain_ = false;
      download_full_ = false;
      exchange_->OnDrained();
      return true;
    }
    again_ = true;
  }
  return TakeInput();
}

void Connection::EndExchange() {
  exchange_.reset();
  if (answer_.stage() == Answer::Stage::kAborted) {
    // A close is what the client takes for the end of such a body; a reset it does not.
    if (answer_.ends_with_close()) return Reset();
    cut_ = true;
    return CloseAfterFlush(false);
  }
  if (answer_.closes() || !DiscardBody()) {
    return CloseAfterFlush(!body_done_ || !input_.empty() || readable_);
  }
  context_.parsers.Give(std::move(parser_));
  phase_ = Phase::kHead;
  starved_ = false;
  leaving_ |= context_.draining;
  idle_since_ = context_.loop.now();
}

void Connection::Disconnect(http::Disconnect why) {
  exchange_->OnDisconnect(why);
  exchange_.reset();
  cut_ = true;
  if (why == http::Disconnect::kWriteStalled || answer_.ends_with_close()) return Reset();
  Close();
}

void Connection::Refuse(const http::GatewayError& error) {
  if (phase_ == Phase::kHandshake) {
    refusal_ = std::make_unique<http::GatewayError>(error);
    return;
  }
  context_.handler->OnRejected(error);
  const std::string body = http::ErrorBody(error);
  const http::ResponseHead head =
      http::ErrorHead(error, body.size(), context_.handler->NewRequestId());
  AnswerContext answer;
  answer.close = true;
  answer_.Start();
  answer_.WriteHead(head, answer, context_.head_buffer, out_);
  answer_.WriteBody(body, socket_, false, out_);
  answer_.Finish(out_);
  CloseAfterFlush(true);
}

void Connection::FailRequest(const http::GatewayError& error) {
  input_failed_ = true;
  exchange_->OnRequestFailed(error);
}

void Connection::CloseAfterFlush(bool linger) {
  phase_ = Phase::kFlush;
  lingers_ = linger;
}

void Connection::EndFlush() {
  if (lost_) return Close();
  if (!out_.empty() || !SayGoodbye()) return;
  if (!lingers_ || eof_) return Close();
  phase_ = Phase::kLinger;
  readable_ = true;
  linger_.Begin(fd(), context_.loop.now());
}

void Connection::Linger() {
  if (!readable_) return;
  switch (linger_.Discard(fd(), context_.read_buffer.get(), ConnectionContext::kReadBytes)) {
    case LingeringClose::Outcome::kDone:
      return Close();
    case LingeringClose::Outcome::kWait:
      readable_ = false;
      return;
    case LingeringClose::Outcome::kAgain:
      again_ = true;
      return;
  }
}

void Connection::Drain() {
  // One that still shakes hands has not asked yet, and is served as any new one.
  if (phase_ != Phase::kHandshake) leaving_ = true;
  Unsettle();
}

void Connection::Shutdown() {
  if (closed()) return;
  settling_ = true;
  // Moved out first: should this throw, a second call closes.
  if (auto exchange = std::move(exchange_); exchange != nullptr && !exchange_over_) {
    exchange->OnDisconnect(http::Disconnect::kShutdown);
  }
  cut_ |= phase_ == Phase::kExchange && answer_.stage() != Answer::Stage::kFinished;
  if (cut_ && answer_.ends_with_close()) return Reset();
  Flush();
  Close();
}

void Connection::Reset() {
  cut_ = true;
  const linger at_once{1, 0};
  setsockopt(fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  Close();
}

void Connection::Close() {
  // As far as there is room: nobody waits for this one.
  SayGoodbye();
  phase_ = Phase::kClosed;
  read_timer_.Cancel();
  stall_timer_.Cancel();
  out_.Clear();
  context_.parsers.Give(std::move(parser_));
}

// ---- http::ResponseSink

void Connection::SendContinue() {
  if (phase_ != Phase::kExchange || exchange_over_ || continue_sent_ || body_seen_) return;
  if (!parser_->head().expects_continue || answer_.stage() != Answer::Stage::kNoHead) return;
  continue_sent_ = true;
  wait_since_ = context_.loop.now();
  out_.Append("HTTP/1.1 100 Continue\r\n\r\n");
  Unsettle();
}

void Connection::SendHead(const http::ResponseHead& head) {
  if (phase_ != Phase::kExchange || answer_.stage() != Answer::Stage::kNoHead) return;
  AnswerContext answer;
  answer.head_request = parser_->head().method == "HEAD";
  answer.http_1_0 = parser_->head().minor_version == 0;
  answer.close = !MayKeepAlive();
  if (!answer_.WriteHead(head, answer, context_.head_buffer, out_)) {
    spdlog::error("edge: a response head that cannot be written safely; connection closed");
    answer_.Abort();
  }
  Unsettle();
}

http::Flow Connection::SendBody(std::string_view bytes) {
  if (phase_ != Phase::kExchange || exchange_over_) return http::Flow::kMore;
  if (!lost_) NoteOutcome(answer_.WriteBody(bytes, socket_, !blocked_, out_));
  Unsettle();
  // For a client that is gone, OnDisconnect follows instead of OnDrained.
  download_full_ = lost_ || answer_.over() || out_.size() >= limits_.buffer_high_bytes;
  return download_full_ ? http::Flow::kFull : http::Flow::kMore;
}

void Connection::Finish() {
  if (phase_ != Phase::kExchange) return;
  exchange_over_ = true;
  answer_.Finish(out_);
  Unsettle();
}

void Connection::Abort() {
  if (phase_ != Phase::kExchange) return;
  exchange_over_ = true;
  answer_.Abort();
  Unsettle();
}

void Connection::ResumeRequest() {
  if (phase_ != Phase::kExchange) return;
  upload_full_ = false;
  wait_since_ = context_.loop.now();
  Unsettle();
}

}  // namespace sluice::edge
