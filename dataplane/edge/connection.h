// One client's connection: reads requests, runs one Exchange at a time, and writes the answers in
// order.
//
// Lives on its worker's thread, from accept until the end of the turn in which closed() became
// true. Events, timers and sink calls only note what happened and put the connection on the
// worker's list of unsettled ones; Settle(), once a turn, is where it reads, tells the exchange,
// writes and decides. Settle alone calls the exchange, so a sink call never calls back.
//
// Phases: kHandshake (TLS only) → kHead (waits for a request or reads its head) → kExchange → kHead
// again, or kFlush (the last bytes go out) → kLinger (see lingering_close.h) → kClosed. A client
// that closes or half-closes during kExchange counts as gone.
//
// With TLS the goodbye goes out behind the last byte of a whole answer and nowhere else: an answer
// that was cut ends without.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "dataplane/edge/answer.h"
#include "dataplane/edge/client_socket.h"
#include "dataplane/edge/connection_context.h"
#include "dataplane/edge/lingering_close.h"
#include "dataplane/edge/output_buffer.h"
#include "dataplane/edge/request_parser.h"
#include "dataplane/event/timer.h"
#include "dataplane/http/handler.h"

namespace sluice::edge {

class Connection final : private http::ResponseSink {
 public:
  struct Event {
    bool readable = false;
    bool writable = false;
    bool peer_shut = false;  // the client will send no more, though there may be unread bytes
    bool hangup = false;     // both directions are closed
  };

  // The socket stays the caller's; it must not block, and be reported edge-triggered.
  Connection(ConnectionContext& context, int fd);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int fd() const { return socket_.fd(); }
  bool closed() const { return phase_ == Phase::kClosed; }

  void OnEvent(Event event);
  // Does what there is to do.
  void Settle();
  // Answers `error` without a request, and closes.
  void Refuse(const http::GatewayError& error);
  // Closes when nothing is under way, now or after the next answer.
  void Drain();
  // The worker ends, or failed on this connection: tells the exchange and closes.
  void Shutdown();
  // Puts the connection on the worker's list, once.
  void Unsettle();

 private:
  enum class Phase { kHandshake, kHead, kExchange, kFlush, kLinger, kClosed };

  // http::ResponseSink
  void SendContinue() override;
  void SendHead(const http::ResponseHead& head) override;
  http::Flow SendBody(std::string_view bytes) override;
  void Finish() override;
  void Abort() override;
  void ResumeRequest() override;

  // connection.cc: the course of a connection
  bool Advance();
  bool AdvanceExchange();
  bool AdvanceHead();
  void EndExchange();
  void Disconnect(http::Disconnect why);
  void FailRequest(const http::GatewayError& error);
  void CloseAfterFlush(bool linger);
  void EndFlush();
  void Linger();
  void Close();
  void Reset();
  bool IsQuiet() const;

  // connection_handshake.cc: TLS
  bool AdvanceHandshake();
  void EndHandshake();
  void RefusePlaintext();
  void FailHandshake();
  void NoticeGoodbye();
  bool SayGoodbye();
  void NoteBreak() const;

  // connection_input.cc: bytes from the client
  bool WantsInput() const;
  bool TakeInput();
  bool ReadSocket();
  void NoteNoInput(const Input& input);
  void Consume(std::string_view fresh);
  void Step();
  void BeginExchange();
  bool DiscardBody();
  bool MayKeepAlive() const;
  size_t Unparsed() const { return consuming_ ? rest_.size() : input_.size(); }

  // connection_output.cc: bytes to the client
  void Flush();
  void NoteOutcome(OutputBuffer::Outcome outcome);
  void WaitForRoom();

  // connection_output.cc: deadlines
  void CheckDeadlines();
  void ArmTimers();
  event::MonoTime ReadDeadline() const;
  event::MonoTime StallDeadline() const;
  bool IsStalled();
  uint64_t TakenByClient() const;
  bool WaitsForBody() const;

  ConnectionContext& context_;
  ClientSocket socket_;
  Phase phase_;
  http::Limits limits_;

  // Of the socket, as last seen.
  bool readable_ = false;
  bool blocked_ = false;  // a write was not taken whole
  bool peer_shut_ = false;
  bool eof_ = false;   // everything the client sent was read
  bool lost_ = false;  // reset or failed: nothing goes in or out any more
  bool cut_ = false;   // the client is owed something that it will not get: no goodbye
  bool watches_writes_ = false;
  bool output_waits_ = false;  // at the end of the last turn

  // Of the current turn.
  bool unsettled_ = false;
  bool settling_ = false;
  bool again_ = false;
  bool deadline_passed_ = false;
  int reads_left_ = 0;
  bool may_drain_ = false;

  // Of the request.
  std::unique_ptr<RequestParser> parser_;
  std::unique_ptr<http::Exchange> exchange_;
  Answer answer_;
  bool exchange_over_ = false;  // it called Finish or Abort
  bool body_done_ = false;      // of the request
  bool body_seen_ = false;
  bool input_failed_ = false;
  bool upload_full_ = false;    // the exchange said kFull
  bool download_full_ = false;  // we said kFull
  bool continue_sent_ = false;

  std::string input_;  // read, not parsed
  std::string_view
      rest_;  // while consuming_: what is not parsed yet, of input_ or of the shared read buffer
  bool consuming_ = false;
  bool starved_ = false;  // the parser wants more than there is
  bool leaving_ = false;  // see Drain
  bool lingers_ = false;  // in kFlush: the client may still be sending

  OutputBuffer out_;
  LingeringClose linger_;
  // What the client is to be told once it can be: it waits for the end of the handshake.
  std::unique_ptr<http::GatewayError> refusal_;
  uint64_t sent_before_ = 0;
  uint64_t taken_before_ =
      0;  // by the client itself, when output began to wait or was last looked at
  event::MonoTime idle_since_;
  event::MonoTime head_since_{};
  event::MonoTime wait_since_{};      // for a piece of the body
  event::MonoTime progress_since_{};  // the client last took bytes
  event::Timer read_timer_;
  event::Timer stall_timer_;
};

}  // namespace sluice::edge
