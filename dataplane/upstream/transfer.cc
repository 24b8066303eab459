#include "dataplane/upstream/transfer.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "common/base/text.h"
#include "dataplane/upstream/client.h"
#include "dataplane/upstream/request_head.h"

namespace sluice::upstream {
namespace {

// Body that goes out in one write with the head, or as one chunk.
constexpr size_t kPieceBytes = 32 * 1024;
// A pooled transfer keeps this much; most heads fit.
constexpr size_t kKeptBytes = 4096;
// A provider that sends without end shares the worker with the others.
constexpr int kReadsPerTurn = 4;

// A repeated request of these methods changes nothing at the provider, so it is sent again when a
// connection that was kept turns out to be dead.
bool IsSafe(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

// Whether a field `Connection` says that this answer is the connection's last.
bool SaysClose(const http::HeaderList& headers) {
  for (size_t i = 0; i < headers.size(); ++i) {
    const http::HeaderList::Field field = headers[i];
    if (!http::NameEquals(field.name, "Connection")) continue;
    for (std::string_view rest = field.value; !rest.empty();) {
      const size_t end = std::min(rest.find(','), rest.size());
      if (http::NameEquals(base::Stripped(rest.substr(0, end)), "close")) return true;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return false;
}

}  // namespace

// While a call to the observer may be under way; recycles what was released in one.
class Transfer::Busy {
 public:
  explicit Busy(Transfer& transfer) : transfer_(transfer) { transfer_.busy_ = true; }
  ~Busy() {
    transfer_.busy_ = false;
    if (transfer_.released()) transfer_.client_.Recycle(&transfer_);
  }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;

 private:
  Transfer& transfer_;
};

Transfer::Transfer(Client& client)
    : client_(client),
      timer_(client.loop_.timers(), [this] { OnTimer(); }),
      body_(client.levels_.upload_bytes) {}

void Transfer::Accept(Request request, Observer* observer) {
  request_ = std::move(request);
  observer_ = observer;
  state_ = State::kWaiting;
  body_.Start(request_.buffer_high_bytes, request_.buffer_low_bytes);
  reader_.Start(request_.method == "HEAD");
}

void Transfer::Reset() {
  timer_.Cancel();
  Leave(false);
  body_.Clear();
  if (out_.capacity() > kKeptBytes) std::string().swap(out_);
  out_.clear();
  out_at_ = 0;
  connect_time_.reset();
  observer_ = nullptr;
  state_ = State::kFree;
  SetRest({});
  reused_ = sending_ = sent_ = last_chunk_ = send_failed_ = blocked_ = head_done_ = keep_alive_ =
      reads_later_ = receive_full_ = false;
}

// ---- the connection

void Transfer::Begin() {
  connection_ = client_.pool_.Take(request_.origin, this);
  if (connection_ == nullptr) return Connect();
  reused_ = true;
  SendFirst();
}

void Transfer::Connect() {
  state_ = State::kConnecting;
  connection_ = client_.pool_.Open(request_.origin, request_.connect_timeout, this);
  if (connection_ == nullptr) Fail(FromCurl(CURLE_OUT_OF_MEMORY, sending_));
}

void Transfer::OnConnected(Connection& connection) {
  connect_time_ = connection.connect_time();
  SendFirst();
}

void Transfer::SendFirst() {
  state_ = State::kRunning;
  AppendRequestHead(request_, &out_);
  Send();
  ArmTimer();
  if (IsDrained()) observer_->OnRequestDrained();
}

void Transfer::OnNotConnected(Connection&, CURLcode why) { Fail(FromCurl(why, sending_)); }

void Transfer::Leave(bool keep) {
  if (connection_ == nullptr) return;
  Connection* connection = std::exchange(connection_, nullptr);
  if (keep) {
    client_.pool_.Keep(connection);
  } else {
    client_.pool_.Close(connection);
  }
}

// What is written when the socket has room, and read when the observer takes it.
void Transfer::SetInterest() {
  const uint8_t read = receive_full_ ? event::kNone : event::kRead;
  connection_->Want(read | (blocked_ ? event::kWrite : event::kNone));
}

void Transfer::OnReady(Connection&, event::Ready ready) {
  const Busy busy(*this);
  if (blocked_ && (ready.writable || ready.hangup)) {
    blocked_ = false;
    Send();
    ArmTimer();
    if (IsDrained()) observer_->OnRequestDrained();
  }
  if (state_ == State::kRunning && !released() && (ready.readable || ready.hangup)) Read();
}

// ---- the request

http::Flow Transfer::Push(std::string_view bytes) {
  const http::Flow flow = body_.Append(bytes);
  if (state_ == State::kRunning && !blocked_) {
    Send();
    ArmTimer();
  }
  return flow == http::Flow::kFull && IsDrained() ? http::Flow::kMore : flow;
}

void Transfer::PushEnd() {
  body_.End();
  if (state_ == State::kRunning && !blocked_) Send();
  ArmTimer();
}

bool Transfer::IsDrained() { return !released() && body_.TakeDrained(); }

void Transfer::Send() {
  while (!sent_ && !send_failed_ && NextPiece()) {
    const bool framed = out_at_ < out_.size();
    const std::string_view piece = framed ? std::string_view(out_).substr(out_at_) : body_.view();
    const Connection::Moved moved = connection_->Write(piece);
    sending_ |= moved.outcome == Connection::Outcome::kDone || connection_->tls();
    if (moved.outcome == Connection::Outcome::kAgain) {
      blocked_ = true;
      break;
    }
    if (moved.outcome != Connection::Outcome::kDone) {
      // The provider may have answered before it left: reading tells. The socket says when, but not
      // of TLS.
      send_failed_ = true;
      if (connection_->tls()) client_.ReadLater(this);
      break;
    }
    if (framed) {
      out_at_ += moved.bytes;
    } else {
      body_.Drop(moved.bytes);
    }
  }
  SetInterest();
}

// Sees to it that something stands in out_ or waits in the body. False: there is nothing to write
// now.
bool Transfer::NextPiece() {
  const bool chunked = request_.framing.kind == http::Framing::Kind::kChunked;
  if (out_at_ == out_.size()) {
    out_.clear();
    out_at_ = 0;
  }
  // A head takes what there is of the body with it, so that both go out in one write.
  const bool takes_more = out_at_ == 0 && out_.size() < kPieceBytes && !body_.empty();
  if (takes_more && chunked) AppendChunk();
  if (takes_more && !chunked && !out_.empty()) {
    const std::string_view piece = body_.view().substr(0, kPieceBytes);
    out_.append(piece);
    body_.Drop(piece.size());
  }
  if (chunked && body_.empty() && body_.ended() && !std::exchange(last_chunk_, true)) {
    out_ += "0\r\n\r\n";
  }
  if (!out_.empty() || !body_.empty()) return true;
  sent_ = body_.ended();
  return false;
}

void Transfer::AppendChunk() {
  const std::string_view piece = body_.view().substr(0, kPieceBytes);
  char size[16];
  out_.append(size, std::to_chars(size, size + sizeof(size), piece.size(), 16).ptr);
  out_.append("\r\n").append(piece).append("\r\n");
  body_.Drop(piece.size());
}

// ---- the answer

void Transfer::ResumeResponse() {
  if (!std::exchange(receive_full_, false) || state_ != State::kRunning) return;
  ArmTimer();
  SetInterest();
  // TLS may hold bytes back of which the socket tells nothing.
  if (connection_->tls() || !rest_.empty()) client_.ReadLater(this);
}

void Transfer::ReadOn() {
  if (state_ != State::kRunning || receive_full_) return;
  const Busy busy(*this);
  Read();
}

void Transfer::Read() {
  if (!rest_.empty()) {
    const std::string rest = rest_;
    SetRest({});
    Feed(rest);
    if (!GoesOn()) return;
  }
  for (int i = 0; i < kReadsPerTurn; ++i) {
    if (!ReadOnce()) return;
  }
  // Else the loop tells again.
  if (connection_->tls()) client_.ReadLater(this);
}

bool Transfer::ReadOnce() {
  const Connection::Moved moved =
      connection_->Read(client_.read_buffer_.get(), Connection::kReadBytes);
  switch (moved.outcome) {
    case Connection::Outcome::kAgain:
      return false;
    case Connection::Outcome::kDone:
      break;
    case Connection::Outcome::kEnd:
    case Connection::Outcome::kFailed:
      Break(moved.outcome == Connection::Outcome::kEnd);
      return false;
  }
  const bool all = moved.bytes < Connection::kReadBytes && !connection_->tls();
  Feed({client_.read_buffer_.get(), moved.bytes});
  return GoesOn() && !all;
}

// After Feed. False: nothing more may be read now.
bool Transfer::GoesOn() {
  if (state_ != State::kRunning || released()) return false;
  // The time until the head does not begin anew with each piece of it.
  if (head_done_ || !sent_ || !timer_.armed()) ArmTimer();
  if (receive_full_) SetInterest();
  return !receive_full_;
}

void Transfer::SetRest(std::string_view rest) {
  const auto change = static_cast<int64_t>(rest.size()) - static_cast<int64_t>(rest_.size());
  client_.levels_.download_bytes.Add(change);
  // Few answers are ever held, and then for long: no memory is kept.
  rest_ = std::string(rest);
}

void Transfer::Feed(std::string_view bytes) {
  using Event = ResponseReader::Event;
  while (true) {
    const ResponseReader::Step step = reader_.Next(bytes);
    bytes.remove_prefix(step.consumed);
    switch (step.event) {
      case Event::kNeedMore:
        return;
      case Event::kHead:
        OnHead();
        break;
      case Event::kBody:
        receive_full_ = observer_->OnResponseBody(step.body) == http::Flow::kFull;
        if (receive_full_ && !bytes.empty() && !released()) {
          return SetRest(bytes);
        }
        break;
      case Event::kEnd:
        return Finish(!bytes.empty());
      case Event::kError:
        return Fail(ProtocolError(reader_.error()));
    }
    if (released()) return;
  }
}

void Transfer::OnHead() {
  head_done_ = true;
  // What a 204 says of a body may be followed by one.
  const bool may_go_on = reader_.head().status == 204 && reader_.head().framing_at != SIZE_MAX;
  keep_alive_ = !reader_.http10() && !may_go_on && !SaysClose(reader_.head().headers);
  const http::Framing::Kind framing = reader_.head().framing.kind;
  observer_->OnResponseHead(reader_.head());
  // An answer of unknown length may take long, and there may be thousands: what was the request's
  // is let go.
  const bool streams =
      framing == http::Framing::Kind::kChunked || framing == http::Framing::Kind::kUntilClose;
  if (streams && sent_) {
    std::string().swap(out_);
    out_at_ = 0;
    body_.Release();
    request_.headers = http::HeaderList();
  }
}

void Transfer::Finish(bool more) {
  timer_.Cancel();
  const bool keep = keep_alive_ && sent_ && !more;
  state_ = State::kEnded;
  --client_.running_;
  Leave(keep);
  observer_->OnResponseEnd();
}

void Transfer::Break(bool by_end) {
  // A write that failed may have taken the error of the connection with it, so that reading sees a
  // mere end; TLS says its end itself.
  const bool true_end = by_end && (!send_failed_ || connection_->tls());
  if (true_end && head_done_ && reader_.EndsWithConnection()) {
    keep_alive_ = false;
    return Finish(false);
  }
  const bool again =
      reused_ && reader_.untouched() && !request_.framing.has_body() && IsSafe(request_.method);
  if (!again) {
    return Fail(FromCurl(head_done_ ? CURLE_PARTIAL_FILE : CURLE_GOT_NOTHING, sending_));
  }
  Leave(false);
  reused_ = sent_ = send_failed_ = blocked_ = false;
  out_.clear();
  out_at_ = 0;
  Connect();
}

// ---- its end

void Transfer::Fail(const Failure& failure) {
  timer_.Cancel();
  state_ = State::kEnded;
  --client_.running_;
  Leave(false);
  if (!released()) observer_->OnFailure(failure);
}

// While the client is the slow one, its own timers watch; here only the provider's silence counts.
void Transfer::ArmTimer() {
  const bool waits_for_client = receive_full_ || (!body_.ended() && body_.empty() && !head_done_);
  // libcurl watches the time that a connection takes.
  if (state_ != State::kRunning || waits_for_client) {
    timer_.Cancel();
    return;
  }
  const bool first_byte = sent_ && !head_done_;
  timer_.Set(client_.loop_.now() +
             (first_byte ? request_.first_byte_timeout : request_.idle_timeout));
}

void Transfer::OnTimer() {
  const bool first_byte = sent_ && !head_done_;
  Fail(Timeout(first_byte   ? "the first byte of the answer"
               : head_done_ ? "the next byte of the answer"
                            : "taking the request"));
}

}  // namespace sluice::upstream
