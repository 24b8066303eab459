// The parts of Connection that write, and that keep its deadlines.
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <algorithm>

#include "dataplane/edge/connection.h"

namespace sluice::edge {

using event::MonoTime;

void Connection::Flush() {
  if (closed() || lost_ || blocked_ || out_.empty()) return;
  NoteOutcome(out_.Flush(socket_));
}

void Connection::NoteOutcome(OutputBuffer::Outcome outcome) {
  if (outcome == OutputBuffer::Outcome::kFailed) {
    lost_ = true;
    if (socket_.tls() != nullptr) NoteBreak();
    out_.Clear();
  }
  if (outcome != OutputBuffer::Outcome::kBlocked) return;
  blocked_ = true;
  WaitForRoom();
}

void Connection::WaitForRoom() {
  if (watches_writes_) return;
  // Most connections never get here, so they never pay for the registration.
  watches_writes_ = true;
  context_.watch_writes(fd());
}

// ---- deadlines

bool Connection::WaitsForBody() const {
  if (!WantsInput() || phase_ != Phase::kExchange) return false;
  const bool waits_for_us = parser_->head().expects_continue && !continue_sent_ && !body_seen_;
  return !waits_for_us;
}

MonoTime Connection::ReadDeadline() const {
  switch (phase_) {
    case Phase::kHandshake:
      return idle_since_ + limits_.header_timeout;
    case Phase::kHead:
      if (parser_ != nullptr) return head_since_ + limits_.header_timeout;
      return out_.empty() ? idle_since_ + limits_.keep_alive_timeout : MonoTime::max();
    case Phase::kExchange:
      return WaitsForBody() ? wait_since_ + limits_.body_idle_timeout : MonoTime::max();
    case Phase::kFlush:
      // All has gone out but the goodbye.
      return out_.empty() ? idle_since_ + limits_.write_stall_timeout : MonoTime::max();
    case Phase::kLinger:
      return linger_.deadline();
    default:
      return MonoTime::max();
  }
}

MonoTime Connection::StallDeadline() const {
  return out_.empty() ? MonoTime::max() : progress_since_ + limits_.write_stall_timeout;
}

void Connection::CheckDeadlines() {
  const MonoTime now = context_.loop.now();
  if (StallDeadline() <= now && IsStalled()) {
    if (phase_ == Phase::kExchange && !exchange_over_) {
      return Disconnect(http::Disconnect::kWriteStalled);
    }
    return Reset();
  }
  if (ReadDeadline() > now) return;
  if (phase_ == Phase::kExchange) {
    FailRequest(http::RequestTimeout("the request body did not arrive in time"));
  } else if (phase_ == Phase::kHead && parser_ != nullptr) {
    Refuse(http::RequestTimeout("the request head did not arrive in time"));
  } else {
    if (phase_ == Phase::kHandshake) context_.tls->Count(HandshakeEnd::kTimedOut);
    Close();
  }
}

// The kernel says "writable" only when a good part of its own buffer is free, which takes a slow
// reader longer than our limit. So what counts is what the client's side has acknowledged.
uint64_t Connection::TakenByClient() const {
  const uint64_t sent = socket_.tls() == nullptr ? out_.sent() : socket_.tls()->sent();
  int held = 0;
  if (ioctl(fd(), SIOCOUTQ, &held) != 0 || held < 0) return sent;
  return sent - std::min<uint64_t>(sent, static_cast<uint64_t>(held));
}

bool Connection::IsStalled() {
  const uint64_t taken = TakenByClient();
  const bool stalled = taken == taken_before_;
  taken_before_ = taken;
  if (!stalled) progress_since_ = context_.loop.now();
  return stalled;
}

void Connection::ArmTimers() {
  const MonoTime now = context_.loop.now();
  if (out_.empty() || out_.sent() != sent_before_) progress_since_ = now;
  if (!out_.empty() && !output_waits_) taken_before_ = TakenByClient();
  output_waits_ = !out_.empty();
  sent_before_ = out_.sent();
  if (!out_.empty()) idle_since_ = now;
  // Pushing a deadline far away is cheaper than taking it out, and most come back.
  auto set = [](event::Timer& timer, MonoTime deadline) {
    if (deadline != MonoTime::max() || timer.armed()) timer.Set(deadline);
  };
  set(read_timer_, ReadDeadline());
  set(stall_timer_, StallDeadline());
}

}  // namespace sluice::edge
