// The parts of Connection that only TLS has: its handshake, and both sides' goodbyes.
#include <spdlog/spdlog.h>

#include "dataplane/edge/connection.h"

namespace sluice::edge {

bool Connection::AdvanceHandshake() {
  if (blocked_ || !readable_) return false;
  if (context_.handshake_steps == 0) return again_ = true, false;
  --context_.handshake_steps;
  switch (socket_.tls()->Shake()) {
    case TlsSession::Handshake::kDone:
      return EndHandshake(), true;
    case TlsSession::Handshake::kWaitsForInput:
      readable_ = false;
      return false;
    case TlsSession::Handshake::kWaitsForRoom:
      blocked_ = true;
      return WaitForRoom(), false;
    case TlsSession::Handshake::kPlaintext:
      return RefusePlaintext(), true;
    case TlsSession::Handshake::kFailed:
      return FailHandshake(), true;
    case TlsSession::Handshake::kLeft:
      context_.tls->Count(HandshakeEnd::kLeft);
      spdlog::debug("edge: a client closed during the TLS handshake");
      return Close(), false;
  }
  return false;
}

void Connection::EndHandshake() {
  const bool resumed = socket_.tls()->resumed();
  context_.tls->Count(resumed ? HandshakeEnd::kResumed : HandshakeEnd::kFull);
  phase_ = Phase::kHead;
  idle_since_ = context_.loop.now();
  if (refusal_ == nullptr) return;
  const std::unique_ptr<http::GatewayError> refusal = std::move(refusal_);
  Refuse(*refusal);
}

void Connection::RefusePlaintext() {
  context_.tls->Count(HandshakeEnd::kPlaintext);
  spdlog::debug("edge: a client spoke plaintext HTTP to a port with TLS");
  socket_.DropTls();
  phase_ = Phase::kHead;
  Refuse(http::MalformedRequest("this port speaks TLS: use an https:// URL"));
}

void Connection::FailHandshake() {
  context_.tls->Count(HandshakeEnd::kFailed);
  spdlog::debug("edge: a TLS handshake failed: {}", socket_.tls()->failure());
  cut_ = true;
  // What it sent and nobody will read must not turn the alert into a reset.
  CloseAfterFlush(true);
}

// While nothing is wanted of the client nothing is read, and a goodbye would go unseen: to the
// client that is the end of the exchange, as a half-close is.
void Connection::NoticeGoodbye() {
  if (!readable_ || peer_shut_ || WantsInput()) return;
  const Input input = socket_.tls()->Peek();
  if (input.kind != Input::Kind::kBytes) NoteNoInput(input);
}

void Connection::NoteBreak() const {
  const std::string& why = socket_.tls()->failure();
  spdlog::debug("edge: a TLS connection broke: {}", why.empty() ? "reset" : why);
}

// False while there is no room for it.
bool Connection::SayGoodbye() {
  const bool whole = !cut_ && !lost_ && out_.empty() && phase_ != Phase::kHandshake;
  if (!whole || socket_.Goodbye()) return true;
  blocked_ = true;
  WaitForRoom();
  return false;
}

}  // namespace sluice::edge
