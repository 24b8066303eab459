// The part of Connection that reads: from the socket, through the parser, to the exchange.
//
// Bytes are read into the worker's buffer and parsed there; only what cannot be used yet is copied
// into input_. So input_ holds at most a head within its limits or one read, whichever is more, and
// a connection that waits holds none.
#include <utility>

#include "dataplane/edge/connection.h"

namespace sluice::edge {

bool Connection::WantsInput() const {
  switch (phase_) {
    case Phase::kHead:
      // A client that pipelines and does not read its answers gets no more of them.
      return out_.empty();
    case Phase::kExchange:
      return !body_done_ && !upload_full_ && !input_failed_ && !exchange_over_;
    default:
      return false;
  }
}

bool Connection::TakeInput() {
  if (!WantsInput()) return false;
  const bool end_is_due = phase_ == Phase::kExchange && parser_->complete();
  if (end_is_due || (!input_.empty() && !starved_)) return Consume({}), true;
  return ReadSocket();
}

void Connection::NoteNoInput(const Input& input) {
  readable_ = false;
  if (input.kind == Input::Kind::kEnd) peer_shut_ = eof_ = true;
  if (input.kind == Input::Kind::kLost) {
    lost_ = true;
    if (socket_.tls() != nullptr) NoteBreak();
  }
  if (socket_.tls() != nullptr && socket_.tls()->read_waits_for_room()) WaitForRoom();
}

bool Connection::ReadSocket() {
  if (!readable_) return false;
  if (reads_left_ == 0) return again_ = true, false;
  --reads_left_;
  const Input input = socket_.Read(context_.read_buffer.get(), ConnectionContext::kReadBytes);
  if (input.kind == Input::Kind::kBytes) {
    // The end of the stream brings no event of its own if that has come already.
    readable_ = input.more || peer_shut_;
    wait_since_ = context_.loop.now();
    Consume({context_.read_buffer.get(), input.size});
    return true;
  }
  NoteNoInput(input);
  return peer_shut_ || lost_;
}

void Connection::Consume(std::string_view fresh) {
  const bool stored = !input_.empty();
  if (stored) input_.append(fresh);
  rest_ = stored ? std::string_view(input_) : fresh;
  starved_ = false;
  consuming_ = true;
  while (WantsInput() && !starved_) Step();
  consuming_ = false;
  if (stored) {
    input_.erase(0, input_.size() - rest_.size());
  } else {
    input_.assign(rest_);
  }
  if (input_.empty()) std::string().swap(input_);
  rest_ = {};
}

void Connection::Step() {
  if (phase_ == Phase::kHead && parser_ == nullptr) {
    if (rest_.empty()) {
      starved_ = true;
      return;
    }
    limits_ = context_.handler->limits();
    parser_ = context_.parsers.Take(limits_);
    head_since_ = context_.loop.now();
  }
  const RequestParser::Step step = parser_->Next(rest_);
  rest_.remove_prefix(step.consumed);
  switch (step.event) {
    case RequestParser::Event::kNeedMore:
      starved_ = true;
      return;
    case RequestParser::Event::kHead:
      return BeginExchange();
    case RequestParser::Event::kBody:
      body_seen_ = true;
      upload_full_ = exchange_->OnBody(step.body) == http::Flow::kFull;
      return;
    case RequestParser::Event::kEnd:
      body_done_ = true;
      return exchange_->OnBodyEnd();
    case RequestParser::Event::kError:
      if (phase_ == Phase::kExchange) return FailRequest(parser_->error());
      return Refuse(parser_->error());
  }
}

void Connection::BeginExchange() {
  phase_ = Phase::kExchange;
  answer_.Start();
  exchange_over_ = false;
  body_done_ = parser_->complete();
  body_seen_ = false;
  input_failed_ = false;
  upload_full_ = false;
  download_full_ = false;
  continue_sent_ = false;
  wait_since_ = context_.loop.now();
  exchange_ = context_.handler->OnRequest(parser_->head(), *this);
  if (body_done_ && !exchange_over_) exchange_->OnBodyEnd();
}

// Whether the connection will still be in step after an answer whose head goes out now: the body
// was read, or lies here in full and can be skipped.
bool Connection::MayKeepAlive() const {
  return parser_->keep_alive() && !context_.draining && !context_.closes_after_answers &&
         !input_failed_ && (body_done_ || parser_->remaining() <= Unparsed());
}

// Skips a body that nobody read; false if not all of it is here.
bool Connection::DiscardBody() {
  std::string_view rest = input_;
  while (!body_done_) {
    const RequestParser::Step step = parser_->Next(rest);
    rest.remove_prefix(step.consumed);
    if (step.event == RequestParser::Event::kEnd) body_done_ = true;
    if (step.event == RequestParser::Event::kNeedMore) break;
    if (step.event == RequestParser::Event::kError) break;
  }
  input_.erase(0, input_.size() - rest.size());
  return body_done_;
}

}  // namespace sluice::edge
